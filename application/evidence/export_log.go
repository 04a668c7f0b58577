package evidence

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"golang.org/x/mod/sumdb/tlog"

	"dossier/application/translog"
)

// ErrForeignLines: there are lines already, and not those of this export.
// Nothing was written.
var ErrForeignLines = errors.New("the lines that are there are not those of this export")

// LogExport is an export of the log that can be written.
type LogExport struct {
	From, To int64

	exporter   Exporter
	start      []string // the frontier before the first event
	tree       translog.Edge
	signed     translog.Signed
	checkpoint translog.Checkpoint

	lines int64 // bytes of lines
	sum   hash.Hash
	leaf  leaves
}

// Range prepares the export of the events at the positions from to to; with 0
// for to, of those up to the newest checkpoint. It must be in the access log
// before it is written. The errors are ErrRange, ErrNoCheckpoint, ErrAltered and
// those of the log.
func (x Exporter) Range(ctx context.Context, from, to int64) (*LogExport, error) {
	signed, err := x.signedFor(ctx, from, to)
	if err != nil {
		return nil, err
	}
	if to == 0 {
		to = signed.Size
	}
	if from > to {
		return nil, fmt.Errorf("%w: %d to %d, and the signed log ends with %d", ErrRange, from, to, signed.Size)
	}
	l := &LogExport{From: from, To: to, exporter: x, signed: signed, sum: sha256.New(), leaf: leaves{tiles: x.Sealed, number: -1}}
	if l.checkpoint, err = x.opened(ctx, signed); err != nil {
		return nil, err
	}
	if l.tree, err = translog.NewTree(x.Sealed).Edge(ctx, from-1); err != nil {
		return nil, err
	}
	l.start = encoded(l.tree.Roots())
	return l, nil
}

// signedFor returns a checkpoint that covers a range.
func (x Exporter) signedFor(ctx context.Context, from, to int64) (translog.Signed, error) {
	head, err := x.Log.Head(ctx)
	if err != nil {
		return translog.Signed{}, err
	}
	switch {
	case head == 0:
		return translog.Signed{}, fmt.Errorf("%w: the log is empty", ErrRange)
	case from < 1 || to < 0 || to != 0 && to < from:
		return translog.Signed{}, fmt.Errorf("%w: from is at least 1, and at most to", ErrRange)
	case from > head || to > head:
		return translog.Signed{}, fmt.Errorf("%w: the last is %d", ErrRange, head)
	}
	return x.covering(ctx, max(from, to))
}

// Write writes the lines, one a event, and returns the manifest to be written
// after them. What an earlier try wrote is read from existing, to the end: its
// complete lines must be those of the log, and stay. open is then called once,
// with how many bytes they are, and returns where the rest goes. done is told of
// each page. The errors are ErrForeignLines, ErrAltered, those of the log and of
// the writer.
func (l *LogExport) Write(ctx context.Context, existing io.Reader, open func(kept int64) (io.Writer, error), done func(events int64)) (Manifest, error) {
	old := bufio.NewReader(existing)
	var out io.Writer
	var text bytes.Buffer
	for after := l.From - 1; after < l.To; done(after - l.From + 1) {
		text.Reset()
		count, ends, err := l.page(ctx, after, &text)
		if err != nil {
			return Manifest{}, err
		}
		lines := text.Bytes()
		if out == nil {
			kept, complete, err := matching(old, lines, ends)
			if err != nil {
				return Manifest{}, fmt.Errorf("%w: after position %d", err, after)
			}
			if !complete {
				if out, err = open(l.lines + kept); err != nil {
					return Manifest{}, err
				}
			}
			l.take(lines[:kept])
			lines = lines[kept:]
		}
		if err := l.put(out, lines); err != nil {
			return Manifest{}, err
		}
		after += count
	}
	return l.finish(ctx, old, out, open)
}

// finish checks what there is, and returns its manifest.
func (l *LogExport) finish(ctx context.Context, old *bufio.Reader, out io.Writer, open func(int64) (io.Writer, error)) (Manifest, error) {
	if out == nil {
		if _, err := old.ReadByte(); !errors.Is(err, io.EOF) {
			return Manifest{}, fmt.Errorf("%w: they go on after position %d", ErrForeignLines, l.To)
		}
		if _, err := open(l.lines); err != nil {
			return Manifest{}, err
		}
	}
	proof, err := translog.NewTree(l.exporter.Sealed).Consistency(ctx, l.To, l.checkpoint.Size)
	if err != nil {
		return Manifest{}, err
	}
	if translog.CheckConsistency(translog.Checkpoint{Size: l.To, Root: l.tree.Root()}, l.checkpoint, proof) != nil {
		return Manifest{}, fmt.Errorf("%w: the events up to position %d", ErrAltered, l.To)
	}
	return Manifest{
		Format: LogFormat, From: l.From, To: l.To, Count: l.To - l.From + 1,
		Bytes: l.lines, SHA256: hex.EncodeToString(l.sum.Sum(nil)),
		Frontier: l.start, Consistency: encoded(proof), Checkpoint: string(l.signed.Note),
	}, nil
}

// page appends the lines of the events after a position. It returns how many
// there are and where each ends.
func (l *LogExport) page(ctx context.Context, after int64, text *bytes.Buffer) (count int64, ends []int64, err error) {
	events, err := l.exporter.Log.ReadAll(ctx, after, int(min(page, l.To-after)))
	if err != nil {
		return 0, nil, err
	}
	for _, recorded := range events {
		after++
		e, err := eventOf(recorded)
		if err != nil {
			return 0, nil, err
		}
		leaf := e.leaf()
		sealed, err := l.leaf.at(ctx, after)
		if err != nil {
			return 0, nil, err
		}
		if e.Position != after || leaf != sealed {
			return 0, nil, fmt.Errorf("%w: the event at position %d", ErrAltered, after)
		}
		l.tree.Add(leaf)
		appendLine(text, e, leaf)
		ends = append(ends, int64(text.Len()))
	}
	if len(events) == 0 {
		return 0, nil, fmt.Errorf("%w: there is no event at position %d", ErrAltered, after+1)
	}
	return int64(len(events)), ends, nil
}

// matching reads lines that are there already. It returns how many bytes of
// complete lines there are, and whether all are.
func matching(old *bufio.Reader, lines []byte, ends []int64) (kept int64, complete bool, err error) {
	there := make([]byte, len(lines))
	n, err := io.ReadFull(old, there)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, false, err
	}
	if !bytes.Equal(there[:n], lines[:n]) {
		return 0, false, ErrForeignLines
	}
	for _, end := range ends {
		if end <= int64(n) {
			kept = end
		}
	}
	return kept, n == len(lines), nil
}

// put writes lines.
func (l *LogExport) put(out io.Writer, lines []byte) error {
	if len(lines) == 0 {
		return nil
	}
	l.take(lines)
	if _, err := out.Write(lines); err != nil {
		return fmt.Errorf("write the lines: %w", err)
	}
	return nil
}

// take counts lines.
func (l *LogExport) take(lines []byte) {
	l.lines += int64(len(lines))
	l.sum.Write(lines)
}

// leaves reads the leaves of a tree one after the other, each tile once.
type leaves struct {
	tiles  translog.Tiles
	number int64 // of the tile that was read; -1: none
	stored []byte
}

// at returns the leaf at a position.
func (l *leaves) at(ctx context.Context, position int64) (tlog.Hash, error) {
	number, i := (position-1)>>translog.TileHeight, (position-1)&(1<<translog.TileHeight-1)*tlog.HashSize
	if number != l.number {
		stored, err := l.tiles.ReadTile(ctx, 0, number)
		if err != nil {
			return tlog.Hash{}, err
		}
		l.number, l.stored = number, stored
	}
	if int64(len(l.stored)) < i+tlog.HashSize {
		return tlog.Hash{}, fmt.Errorf("%w: it has no leaf for position %d", ErrAltered, position)
	}
	return tlog.Hash(l.stored[i : i+tlog.HashSize]), nil
}
