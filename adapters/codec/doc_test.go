package codec_test

import (
	"os"
	"regexp"
	"testing"

	"dossier/adapters/codec"
)

// The table of the package comment must be true: each row is decoded, and
// encoded to the same bytes again.
func TestTableOfThePackageCommentIsTrue(t *testing.T) {
	source, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^//\t(kyc\.\S+) +(\{.*\})$`).FindAllStringSubmatch(string(source), -1)
	if len(rows) != len(codec.Names()) {
		t.Errorf("the table has %d rows for %d names", len(rows), len(codec.Names()))
	}
	for i, row := range rows {
		name, data := row[1], row[2]
		if i < len(codec.Names()) && name != codec.Names()[i] {
			t.Errorf("row %d is %s, want %s", i+1, name, codec.Names()[i])
		}
		event, err := codec.Decode(name, data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, again, err := codec.Encode(event); err != nil || string(again) != data {
			t.Errorf("%s is stored as\n%s\nthe table says\n%s\n%v", name, again, data, err)
		}
	}
}
