package evidence

import (
	"bufio"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"golang.org/x/mod/sumdb/tlog"

	"dossier/application/translog"
)

// maxLine is far above the line of the longest webhook.
const maxLine = 4 << 20

// Log verifies an export of the log. It returns ErrTruncated, ErrMalformed or
// ErrFormat for a manifest that is none, translog.ErrKey and the reader's; all
// else is in the report. done is told of how many lines were read.
func (v Verifier) Log(manifest []byte, lines io.Reader, done func(read int64)) (Report, error) {
	if err := CheckKey(v.Key); err != nil {
		return Report{}, err
	}
	m, err := ParseManifest(manifest)
	if err != nil {
		return Report{}, fmt.Errorf("the manifest: %w", err)
	}
	tree, err := m.frontier()
	if err != nil {
		return Report{}, fmt.Errorf("the manifest: %w", err)
	}
	c := &logCheck{Manifest: m, tree: tree, sum: sha256.New(), next: m.From}
	c.Report = newReport(fmt.Sprintf("the log from position %d to %d", m.From, m.To))
	c.checkpoint, c.trusted = c.opened(m.Checkpoint, v.Key, "the checkpoint")
	for _, k := range v.Kept {
		if kept, ok := c.opened(string(k.Note), v.Key, k.Name); ok {
			c.kept = append(c.kept, keptRoot{name: k.Name, kept: kept})
		}
	}
	if err := c.read(bufio.NewReaderSize(lines, 1<<16), done); err != nil {
		return Report{}, err
	}
	c.conclude()
	return c.Report, nil
}

// logCheck is the verification of one export of the log.
type logCheck struct {
	Manifest
	Report
	checkpoint translog.Checkpoint
	trusted    bool // it is signed by the key
	kept       []keptRoot

	tree   translog.Edge
	sum    hash.Hash
	seen   int64 // lines
	bytes  int64
	next   int64 // position
	broken bool  // lines are missing or can't be read: there is no root
}

// keptRoot is a checkpoint that was kept, and the root of as many events as the
// lines have it; nil as long as they don't.
type keptRoot struct {
	name string
	kept translog.Checkpoint
	root *tlog.Hash
}

func (c *logCheck) read(r *bufio.Reader, done func(int64)) error {
	for {
		text, err := readLine(r)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if len(text) == 0 {
			return nil
		}
		c.sum.Write(text)
		c.bytes += int64(len(text))
		c.seen++
		c.line(text)
		if c.seen%1000 == 0 {
			done(c.seen)
		}
	}
}

// readLine returns a line with its end, which the last one may lack. It returns
// ErrMalformed for one that is too long.
func readLine(r *bufio.Reader) (text []byte, err error) {
	for {
		part, err := r.ReadSlice('\n')
		text = append(text, part...)
		if len(text) > maxLine {
			return nil, fmt.Errorf("%w: a line is too long", ErrMalformed)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return text, err
		}
	}
}

// line checks one line.
func (c *logCheck) line(text []byte) {
	var l line
	err := decode(text, "", &l)
	if err != nil || text[len(text)-1] != '\n' {
		if err == nil {
			err = ErrTruncated
		}
		c.fault(c.next, "line %d can't be read: %s", c.seen, err)
		c.next, c.broken = c.next+1, true
		return
	}
	c.follows(l.Position)
	leaf := l.leaf()
	if base64.StdEncoding.EncodeToString(leaf[:]) != l.Leaf {
		c.fault(l.Position, "the event was changed: it has not the leaf that its line states")
	}
	if l.Position == c.tree.Size()+1 {
		c.tree.Add(leaf)
		for i := range c.kept {
			if c.kept[i].kept.Size == c.tree.Size() {
				root := c.tree.Root()
				c.kept[i].root = &root
			}
		}
	}
}

// follows compares a position with the one that is expected.
func (c *logCheck) follows(position int64) {
	switch {
	case position > c.next && position == c.next+1:
		c.fault(c.next, "the event is missing")
	case position > c.next:
		c.fault(c.next, "the events at the positions %d to %d are missing", c.next, position-1)
	case position < c.next:
		c.fault(position, "it stands behind position %d: lines were reordered or put in", c.next-1)
	}
	c.broken = c.broken || position != c.next
	c.next = max(c.next, position+1)
}

// fault finds something about a position.
func (c *logCheck) fault(position int64, format string, args ...any) {
	c.find(position, 0, format, args...)
}

// conclude says what the lines as a whole prove.
func (c *logCheck) conclude() {
	if c.next != c.To+1 {
		c.fault(0, "the file ends with position %d, the manifest with %d: events were removed from the end, or added", c.next-1, c.To)
		c.broken = true
	}
	if c.seen == c.Count && c.bytes == c.Bytes && hex.EncodeToString(c.sum.Sum(nil)) == c.SHA256 {
		c.prove("the file has the %s, the %s and the SHA-256 that the manifest states", count(c.seen, "line"), count(c.bytes, "byte"))
	} else {
		c.fault(0, "the file is not that of the manifest: it has %s and %s instead of %d and %d, or other ones",
			count(c.seen, "line"), count(c.bytes, "byte"), c.Count, c.Bytes)
	}
	c.concludeRoot()
	c.concludeKept()
	c.leave("anything about events outside of the positions %d to %d", c.From, c.To)
	c.leave("that what was recorded is true: the log proves what was received and decided, and when, not what a provider saw")
}

// concludeRoot compares the root of the lines with the signed one.
func (c *logCheck) concludeRoot() {
	switch {
	case !c.trusted:
		c.leave("that the events are those of the log: the checkpoint is not the key's")
	case c.broken:
		c.leave("that the other events are those of the log: its root follows from all of them only")
	case c.checkpoint.Size < c.To:
		c.fault(0, "the checkpoint covers the positions 1 to %d only: it is older than the export", c.checkpoint.Size)
	case c.consistent():
		c.prove("the %s at the positions %d to %d are those of the tree of %d, in their order, and none is missing between them",
			count(c.Count, "event"), c.From, c.To, c.checkpoint.Size)
	default:
		c.fault(0, "the events are not those of the log: the root that follows from them is not the signed one, "+
			"or the frontier or the consistency proof of the manifest was changed")
	}
}

func (c *logCheck) consistent() bool {
	proof, _ := hashes(c.Consistency, "")
	return translog.CheckConsistency(translog.Checkpoint{Size: c.To, Root: c.tree.Root()}, c.checkpoint, proof) == nil
}

// concludeKept compares with the checkpoints of other times. One within the
// range can be compared without the log.
func (c *logCheck) concludeKept() {
	for _, k := range c.kept {
		switch {
		case k.root == nil || c.broken:
			c.agree(k.name, k.kept, c.checkpoint, c.trusted)
		case *k.root == k.kept.Root:
			c.prove("the log still begins with the %s of %s", count(k.kept.Size, "event"), k.name)
		default:
			c.fault(0, "the log was written anew: its first %s are not those of %s", count(k.kept.Size, "event"), k.name)
		}
	}
}
