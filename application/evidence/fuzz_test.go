package evidence_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dossier/adapters/codec"
	"dossier/application/evidence"
	"dossier/application/translog"
	"dossier/domain/kyc"
)

// fixedKey is the same in each process of a fuzzing run, and protects nothing.
const fixedKey = "PRIVATE+KEY+dossier-fuzz+e9a1a897+AePhs2iIsC3EkFl2I2jeX7zRkWJ010LQFhg2txrKkTAM"

// fixed is the story under the fixed key.
func fixed(t testing.TB) *world {
	t.Helper()
	w := story(t)
	var err error
	if w.key, err = translog.ParseKey(fixedKey); err != nil {
		t.Fatal(err)
	}
	w.seal(t)
	return w
}

// Whatever a file is, reading it does not panic; and what holds says what the
// exporter wrote.
func FuzzVerifyBundle(f *testing.F) {
	w := fixed(f)
	all := w.bundle(f)
	file := all.Encode()
	f.Add(file)
	f.Add(bytes.ReplaceAll(file, []byte("\n"), nil))
	f.Add(bytes.Replace(file, []byte(`"version": 1`), []byte(`"version": 2`), 1))
	f.Add(bytes.Replace(file, []byte(`<é`), []byte(`\u003c\u00e9`), 1))
	f.Add([]byte(`{"format":"dossier-evidence/v1"}`))
	v := evidence.Verifier{Key: w.key.Verifier(), Machine: kyc.NewMachine(), Decode: codec.Decode}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := v.Bundle(text)
		if err != nil || r.Verdict() != evidence.Holds {
			return
		}
		got, err := evidence.ParseBundle(text)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(all, got); diff != "" {
			t.Errorf("accepted, and another (-want +got):\n%s", diff)
		}
	})
}

// A manifest and lines that hold are those of the exporter, but for how they are
// written.
func FuzzVerifyLog(f *testing.F) {
	w := fixed(f)
	files := mustExport(f, w, 3, 7)
	manifest := files.manifest.Encode()
	f.Add(manifest, files.lines)
	f.Add(bytes.ReplaceAll(manifest, []byte("\n"), nil), files.lines)
	f.Add(manifest, files.lines[:100])
	f.Add([]byte(`{"format":"dossier-log/v1"}`), []byte("{}\n"))
	v := evidence.Verifier{Key: w.key.Verifier(), Machine: kyc.NewMachine(), Decode: codec.Decode}
	f.Fuzz(func(t *testing.T, manifest, lines []byte) {
		r, err := v.Log(manifest, bytes.NewReader(lines), func(int64) {})
		if err != nil || r.Verdict() != evidence.Holds {
			return
		}
		m, err := evidence.ParseManifest(manifest)
		if err != nil {
			t.Fatal(err)
		}
		again, err := export(t, w, m.From, m.To, "")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(again.manifest.Frontier, m.Frontier); diff != "" {
			t.Error(diff)
		}
		if n, want := bytes.Count(lines, []byte("\n")), bytes.Count(again.lines, []byte("\n")); n != want {
			t.Errorf("%d lines, want %d", n, want)
		}
	})
}

// A range of the log is resumed after any part of it, and after nothing else.
func FuzzResume(f *testing.F) {
	w := fixed(f)
	lines := mustExport(f, w, 1, 8).lines
	f.Add(lines[:200])
	f.Add([]byte("hello"))
	f.Fuzz(func(t *testing.T, existing []byte) {
		l, err := w.exporter().Range(t.Context(), 1, 8)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		open := func(kept int64) (io.Writer, error) {
			out.Write(existing[:kept])
			return &out, nil
		}
		_, err = l.Write(t.Context(), bytes.NewReader(existing), open, func(int64) {})
		if part := bytes.HasPrefix(lines, existing); part != (err == nil) {
			t.Errorf("a part of the export: %t, and it ended with %v", part, err)
		}
		if err == nil && !bytes.Equal(out.Bytes(), lines) {
			t.Error("it ended with other bytes")
		}
	})
}
