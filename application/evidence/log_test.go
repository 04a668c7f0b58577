package evidence_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dossier/application/eventlog"
	"dossier/application/evidence"
	"dossier/domain/kyc"
)

func contextFor(t testing.TB, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}

// files are those of an export of the log.
type files struct {
	lines    []byte
	manifest evidence.Manifest
	kept     int64 // bytes that were there already
}

// export exports a range, going on from lines that are there already.
func export(t testing.TB, w *world, from, to int64, existing string) (f files, err error) {
	t.Helper()
	l, err := w.exporter().Range(t.Context(), from, to)
	if err != nil {
		return f, err
	}
	var out bytes.Buffer
	open := func(kept int64) (io.Writer, error) {
		f.kept = kept
		out.WriteString(existing[:kept])
		return &out, nil
	}
	f.manifest, err = l.Write(t.Context(), strings.NewReader(existing), open, func(int64) {})
	f.lines = out.Bytes()
	return f, err
}

func mustExport(t testing.TB, w *world, from, to int64) files {
	t.Helper()
	f, err := export(t, w, from, to, "")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (f files) verified(w *world, kept []byte) (evidence.Report, error) {
	v := w.verifier()
	v.Kept = keep(kept)
	return v.Log(f.manifest.Encode(), bytes.NewReader(f.lines), func(int64) {})
}

// grown is a world of many events, which is sealed.
func grown(t testing.TB, n int) *world {
	t.Helper()
	w := newWorld(t)
	for i := 0; len(w.events) < n; i++ {
		w.report(t, kyc.SessionID(fmt.Sprint("session-", i%5)), kyc.StepID(fmt.Sprint(i)), kyc.ReportPendingVerification, "")
	}
	w.seal(t)
	return w
}

func TestEveryRangeOfTheLogVerifies(t *testing.T) {
	w := grown(t, 21)
	for from := int64(1); from <= 21; from++ {
		for to := from; to <= 21; to++ {
			r, err := mustExport(t, w, from, to).verified(w, nil)
			holds(t, r, err, fmt.Sprintf("at the positions %d to %d are those of the tree of 21", from, to))
		}
	}
}

func TestTheWholeLogIsExportedInPages(t *testing.T) {
	w := grown(t, 2600) // three pages, eleven tiles
	for _, from := range []int64{1, 2, 256, 257, 1000, 2049} {
		f := mustExport(t, w, from, 0)
		if f.manifest.To != 2600 || int64(bytes.Count(f.lines, []byte("\n"))) != 2600-from+1 {
			t.Errorf("from %d: %+v", from, f.manifest)
		}
		r, err := f.verified(w, nil)
		holds(t, r, err, "none is missing between them")
	}
}

// An export that was killed anywhere goes on where it was, and ends with the
// same bytes.
func TestAKilledExportGoesOn(t *testing.T) {
	w := grown(t, 1200)
	whole := mustExport(t, w, 3, 1150)
	for _, cut := range []int{0, 1, 100, len(whole.lines) / 2, len(whole.lines) - 1, len(whole.lines)} {
		part := string(whole.lines[:cut])
		f, err := export(t, w, 3, 1150, part)
		if err != nil {
			t.Fatal(err)
		}
		if want := int64(strings.LastIndex(part, "\n") + 1); f.kept != want {
			t.Errorf("of %d bytes %d were kept, want %d", cut, f.kept, want)
		}
		if !bytes.Equal(f.lines, whole.lines) || cmp.Diff(f.manifest, whole.manifest) != "" {
			t.Errorf("after %d bytes the export ended otherwise", cut)
		}
	}
}

func TestLinesOfAnotherExportStay(t *testing.T) {
	w := grown(t, 40)
	lines := string(mustExport(t, w, 3, 30).lines)
	for what, existing := range map[string]string{
		"another range":   string(mustExport(t, w, 4, 30).lines[:500]),
		"a longer one":    string(mustExport(t, w, 3, 31).lines),
		"a changed byte":  strings.Replace(lines, "session-1", "session-2", 1),
		"another file":    "hello",
		"a changed break": strings.Replace(lines, "\n", "\r\n", 1),
	} {
		f, err := export(t, w, 3, 30, existing)
		if !errors.Is(err, evidence.ErrForeignLines) {
			t.Errorf("%s: %v", what, err)
		}
		if len(f.lines) > 0 {
			t.Errorf("%s: %d bytes were written", what, len(f.lines))
		}
	}
}

func TestRangesThatThereAreNot(t *testing.T) {
	w := grown(t, 5)
	for _, r := range [][2]int64{{0, 3}, {-1, 3}, {3, 2}, {1, 6}, {6, 0}, {6, 6}, {1, -1}} {
		if _, err := w.exporter().Range(t.Context(), r[0], r[1]); !errors.Is(err, evidence.ErrRange) {
			t.Errorf("%v: %v", r, err)
		}
	}
	if _, err := newWorld(t).exporter().Range(t.Context(), 1, 0); !errors.Is(err, evidence.ErrRange) {
		t.Errorf("an empty log: %v", err)
	}
}

// Each way to tamper with an export is named, with the position where that can
// be told.
func TestTamperingWithTheLogIsNamed(t *testing.T) {
	w := grown(t, 30)
	line := func(lines []string, position int) *string { return &lines[position-3] }
	for what, c := range map[string]struct {
		tamper func(lines []string) []string
		want   []string
	}{
		"a changed byte": {func(l []string) []string {
			*line(l, 7) = strings.Replace(*line(l, 7), "session-", "sessiom-", 1)
			return l
		}, []string{"position 7: the event was changed", "are not those of the log"}},
		"a changed event and its leaf": {func(l []string) []string {
			*line(l, 7) = strings.Replace(*line(l, 8), `"position":8`, `"position":7`, 1)
			return l
		}, []string{"position 7: the event was changed", "are not those of the log"}},
		"a removed line":     {func(l []string) []string { return append(l[:4:4], l[5:]...) }, []string{"position 7: the event is missing"}},
		"removed lines":      {func(l []string) []string { return append(l[:4:4], l[7:]...) }, []string{"the events at the positions 7 to 9 are missing"}},
		"a removed first":    {func(l []string) []string { return l[1:] }, []string{"position 3: the event is missing"}},
		"a removed last":     {func(l []string) []string { return l[:len(l)-1] }, []string{"the file ends with position 24, the manifest with 25"}},
		"reordered lines":    {func(l []string) []string { l[4], l[5] = l[5], l[4]; return l }, []string{"position 7: it stands behind position 8"}},
		"a doubled line":     {func(l []string) []string { l[5] = l[4]; return l }, []string{"position 7: it stands behind position 7"}},
		"a line too many":    {func(l []string) []string { return append(l, strings.Replace(l[0], `"position":3`, `"position":26`, 1)) }, []string{"the file ends with position 26"}},
		"a broken line":      {func(l []string) []string { l[4] = l[4][:20] + "\n"; return l }, []string{"position 7: line 5 can't be read: it is malformed"}},
		"an unknown field":   {func(l []string) []string { l[4] = `{"x":1,` + l[4][1:]; return l }, []string{`position 7: line 5 can't be read`, `has "x"`}},
		"an empty line":      {func(l []string) []string { l[4] = "\n" + l[4]; return l }, []string{"position 7: line 5 can't be read"}},
		"a file that is cut": {func(l []string) []string { l[22] = l[22][:100]; return l }, []string{"position 25: line 23 can't be read: it is cut off"}},
		"no last line break": {func(l []string) []string { l[22] = l[22][:len(l[22])-1]; return l }, []string{"position 25: line 23 can't be read"}},
		"nothing":            {func([]string) []string { return nil }, []string{"the file ends with position 2"}},
		"space in a line":    {func(l []string) []string { l[4] = l[4][:1] + " " + l[4][1:]; return l }, []string{"the file is not that of the manifest"}},
	} {
		t.Run(what, func(t *testing.T) {
			f := mustExport(t, w, 3, 25)
			f.lines = []byte(strings.Join(c.tamper(strings.SplitAfter(strings.TrimSuffix(string(f.lines), ""), "\n")[:23]), ""))
			r, err := f.verified(w, nil)
			finds(t, r, err, c.want...)
		})
	}
}

func TestTamperingWithAManifestIsNamed(t *testing.T) {
	w, other := grown(t, 30), grown(t, 31)
	for what, c := range map[string]struct {
		tamper func(*evidence.Manifest)
		want   string
	}{
		"another frontier":    {func(m *evidence.Manifest) { m.Frontier[0] = m.Consistency[0] }, "the frontier or the consistency proof of the manifest was changed"},
		"another proof":       {func(m *evidence.Manifest) { m.Consistency[0] = m.Frontier[0] }, "the frontier or the consistency proof of the manifest was changed"},
		"a shorter proof":     {func(m *evidence.Manifest) { m.Consistency = m.Consistency[1:] }, "the frontier or the consistency proof of the manifest was changed"},
		"another sum":         {func(m *evidence.Manifest) { m.SHA256 = strings.Repeat("0", 64) }, "the file is not that of the manifest"},
		"another length":      {func(m *evidence.Manifest) { m.Bytes++ }, "the file is not that of the manifest"},
		"a shorter range":     {func(m *evidence.Manifest) { m.To, m.Count = m.To-1, m.Count-1 }, "the file ends with position 25, the manifest with 24"},
		"a longer range":      {func(m *evidence.Manifest) { m.To, m.Count = m.To+1, m.Count+1 }, "the file ends with position 25, the manifest with 26"},
		"an older checkpoint": {func(m *evidence.Manifest) { m.Checkpoint = string(w.signedAt(t, 24).Note) }, "the checkpoint covers the positions 1 to 24 only"},
		"a changed one":       {func(m *evidence.Manifest) { m.Checkpoint = strings.Replace(m.Checkpoint, "\n30\n", "\n31\n", 1) }, "the checkpoint was changed after it was signed"},
		"one of another key":  {func(m *evidence.Manifest) { m.Checkpoint = string(other.signed.Note) }, "the checkpoint is signed by another key"},
	} {
		f := mustExport(t, w, 3, 25)
		c.tamper(&f.manifest)
		r, err := f.verified(w, nil)
		t.Run(what, func(t *testing.T) { finds(t, r, err, c.want) })
	}
}

func TestTextsThatAreNoManifests(t *testing.T) {
	w := grown(t, 30)
	text := string(mustExport(t, w, 3, 25).manifest.Encode())
	for what, c := range map[string]struct {
		text string
		want error
	}{
		"empty":           {"", evidence.ErrTruncated},
		"cut off":         {text[:100], evidence.ErrTruncated},
		"a bundle":        {string(story(t).bundle(t).Encode()), evidence.ErrFormat},
		"no count":        {strings.Replace(text, `"count": 23`, `"count": 24`, 1), evidence.ErrMalformed},
		"from 0":          {strings.Replace(text, `"from": 3`, `"from": 0`, 1), evidence.ErrMalformed},
		"a long frontier": {strings.Replace(text, `"from": 3`, `"from": 1`, 1), evidence.ErrMalformed},
		"no sum":          {strings.Replace(text, `"sha256": "`, `"sha256": "x`, 1), evidence.ErrMalformed},
	} {
		v := w.verifier()
		if _, err := v.Log([]byte(c.text), strings.NewReader(""), func(int64) {}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
}

// A kept checkpoint within the range is compared without the log.
func TestAKeptCheckpointIsComparedWithTheLog(t *testing.T) {
	w := grown(t, 30)
	kept := w.signedAt(t, 12).Note
	r, err := mustExport(t, w, 3, 25).verified(w, kept)
	holds(t, r, err, "the log still begins with the 12 events of the kept checkpoint")

	whole := w.signed.Note
	w.forge(t, 7, func(e *eventlog.Recorded) { e.Data = `{"forged":true}` })
	r, err = mustExport(t, w, 3, 25).verified(w, kept)
	finds(t, r, err, "the log was written anew: its first 12 events are not those of the kept checkpoint")

	r, err = mustExport(t, w, 3, 25).verified(w, whole)
	finds(t, r, err, "the log was written anew: the key signed two different histories of 30 events")
}

func TestAFileInDisorderIsCutShort(t *testing.T) {
	w := grown(t, 300)
	f := mustExport(t, w, 1, 300)
	f.lines = bytes.ReplaceAll(f.lines, []byte("session-"), []byte("sessiom-"))
	r, err := f.verified(w, nil)
	finds(t, r, err, "and more: only the first 100 are listed")
}
