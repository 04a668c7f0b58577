package translog_test

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"dossier/application/translog"
)

// What a checkpoint goes through on its way to whoever keeps it does not matter;
// what changes its content does.
func TestACheckpointThatWasKeptByAnEditorIsRead(t *testing.T) {
	key := newKey(t, "dossier-test")
	note, err := key.Sign(translog.Checkpoint{Origin: "dossier-test", Size: 7, Root: tlog.RecordHash([]byte("x"))}.Text())
	if err != nil {
		t.Fatal(err)
	}
	text := string(note)
	for what, kept := range map[string]string{
		"as it was":           text,
		"Windows' lines":      strings.ReplaceAll(text, "\n", "\r\n"),
		"old Macs' lines":     strings.ReplaceAll(text, "\n", "\r"),
		"no last newline":     strings.TrimSuffix(text, "\n"),
		"a doubled last one":  text + "\n",
		"many last ones":      text + "\r\n\r\n\n",
		"empty lines before":  "\n\n" + text,
		"spaces behind":       strings.ReplaceAll(text, "\n", "  \n"),
		"a byte order mark":   "\ufeff" + text,
		"one empty line more": strings.Replace(text, "\n\n", "\n\n\n", 1),
		"wrapped at the name": strings.Replace(text, "— dossier-test ", "— dossier-test\r\n", 1),
		"wrapped by mail":     text[:len(text)-40] + "\n" + text[len(text)-40:len(text)-20] + " \n" + text[len(text)-20:],
		"all of it":           "\ufeff\r\n" + strings.ReplaceAll(text, "\n", "\t\r\n") + "\r\n",
		"spaces at the end":   strings.TrimSuffix(text, "\n") + "  ",
	} {
		if c, err := translog.OpenCheckpoint(translog.Kept([]byte(kept)), key.Verifier()); err != nil || c.Size != 7 {
			t.Errorf("%s: %v", what, err)
		}
		if !bytes.Equal(translog.Kept([]byte(kept)), note) {
			t.Errorf("%s is read as %q", what, translog.Kept([]byte(kept)))
		}
	}
	for what, kept := range map[string]string{
		"another size":          strings.Replace(text, "\n7\n", "\n8\n", 1),
		"lines joined":          strings.Replace(text, "\n7\n", "\n7", 1),
		"no signature":          text[:strings.Index(text, "—")],
		"another dash":          strings.Replace(text, "—", "-", 1),
		"half of the signature": text[:len(text)-20],
	} {
		if _, err := translog.OpenCheckpoint(translog.Kept([]byte(kept)), key.Verifier()); err == nil {
			t.Errorf("%s is taken for signed", what)
		}
	}
}

// Nothing but what was signed can be read as signed, and what is signed stays it.
func FuzzKept(f *testing.F) {
	f.Add([]byte("dossier-test\r\n7\r\n\r\n— dossier-test x\r\n"))
	f.Add([]byte("\ufeff\n \n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		once := translog.Kept(text)
		if again := translog.Kept(once); !bytes.Equal(again, once) {
			t.Errorf("%q, then %q", once, again)
		}
	})
}
