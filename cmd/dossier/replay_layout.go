package main

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"
)

const (
	// textWidth is where a line of a story is broken, and cellWidth where a cell
	// of a table is cut: the whole text stands with its event.
	textWidth = 96
	cellWidth = 32
)

// table prints aligned rows, of which the first is the head.
func table(b *strings.Builder, rows [][]string) {
	var aligned strings.Builder
	w := tabwriter.NewWriter(&aligned, 0, 0, 2, ' ', 0)
	for i, row := range rows {
		for column, cell := range row {
			row[column] = cut(printable(cell), cellWidth)
			if cell == "" && i > 0 {
				row[column] = "-"
			}
		}
		fmt.Fprintln(w, "  "+strings.Join(row, "\t"))
	}
	_ = w.Flush() // into memory
	b.WriteByte('\n')
	for line := range strings.Lines(aligned.String()) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
}

// moment is a time with the precision of the log.
func moment(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000000Z") }

// entry prints what is known under a name, broken into lines; nothing of what is
// not known.
func entry(b *strings.Builder, name, text string) {
	const indent = 12
	for text = strings.TrimSpace(printable(text)); text != ""; name = "" {
		line, rest := broken(text, textWidth-indent)
		fmt.Fprintf(b, "  %-*s%s\n", indent-2, name, line)
		text = rest
	}
}

// broken breaks a text behind its last space within a width, or at the width.
func broken(text string, width int) (line, rest string) {
	if utf8.RuneCountInString(text) <= width {
		return text, ""
	}
	runes := []rune(text)
	line = string(runes[:width])
	if space := strings.LastIndexByte(line, ' '); space > 0 {
		line = line[:space]
	}
	return line, strings.TrimLeft(text[len(line):], " ")
}

// cut shortens a text to a width.
func cut(text string, width int) string {
	if runes := []rune(text); len(runes) > width {
		return string(runes[:width-3]) + "..."
	}
	return text
}

// printable replaces what would move or colour the text of a terminal: all that
// is shown here came from outside.
func printable(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strconv.IsPrint(r) {
			b.WriteRune(r)
		} else {
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return b.String()
}
