package tileclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"dossier/application/translog"
)

var (
	// ErrCutOff: the log is shorter than a checkpoint that it signed before.
	ErrCutOff = errors.New("the log is shorter than it was")
	// ErrForked: the log does not begin with what it signed before. No proof of
	// consistency exists.
	ErrForked = errors.New("the log does not begin with what it was")
	// ErrUnreachable: the log could not be read. Nothing is known about it.
	ErrUnreachable = errors.New("the log can't be read")
)

// maxAnswer bounds, in bytes, what is read of an answer. A tile has 8,192.
const maxAnswer = 64 << 10

// Client reads one log.
type Client struct {
	base     string
	verifier string
	http     *http.Client
}

// New returns a client for the log at a URL, such as https://example.com/log,
// whose checkpoints are signed by the key that belongs to a verifier key.
func New(base, verifier string, client *http.Client) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("the URL of a log is expected, such as https://example.com/log")
	}
	return &Client{strings.TrimSuffix(base, "/"), verifier, client}, nil
}

// Latest returns the newest checkpoint and its signed note. The errors are
// ErrUnreachable and those of translog.OpenCheckpoint.
func (c *Client) Latest(ctx context.Context) (translog.Checkpoint, []byte, error) {
	note, err := c.get(ctx, "/checkpoint")
	if err != nil {
		return translog.Checkpoint{}, nil, err
	}
	checkpoint, err := translog.OpenCheckpoint(note, c.verifier)
	return checkpoint, note, err
}

// Continues verifies that the log as a newer checkpoint has it begins with what
// an older one has. The errors are ErrCutOff, ErrForked and ErrUnreachable.
func (c *Client) Continues(ctx context.Context, older, newer translog.Checkpoint) error {
	if older.Size > newer.Size {
		return fmt.Errorf("%w: it has %d events, and had %d", ErrCutOff, newer.Size, older.Size)
	}
	if older.Size == 0 {
		return nil // everything continues an empty log
	}
	root, err := c.Tree(newer).Root(ctx, older.Size)
	if err != nil {
		return err
	}
	if root != older.Root {
		return fmt.Errorf("%w: its first %d events are others", ErrForked, older.Size)
	}
	return nil
}

// Tree is a log as a checkpoint has it. Every hash that it reads is checked
// against the checkpoint's root.
type Tree struct {
	client *Client
	at     translog.Checkpoint
}

// Tree returns the log as a checkpoint has it.
func (c *Client) Tree(at translog.Checkpoint) Tree { return Tree{c, at} }

// Root returns the hash of the tree of the first size events. The error is
// ErrUnreachable, or that of a hash which is not the signed one.
func (t Tree) Root(ctx context.Context, size int64) (tlog.Hash, error) {
	root, err := tlog.TreeHash(size, t.reader(ctx))
	if err != nil {
		return root, fmt.Errorf("read the tree of %d events: %w", t.at.Size, err)
	}
	return root, nil
}

// Inclusion proves that the event at a position is in the tree of the first size
// events.
func (t Tree) Inclusion(ctx context.Context, position, size int64) (tlog.RecordProof, error) {
	if position < 1 || position > size {
		return nil, translog.ErrNoProof
	}
	proof, err := tlog.ProveRecord(size, position-1, t.reader(ctx))
	if err != nil {
		return nil, fmt.Errorf("read the tree of %d events: %w", t.at.Size, err)
	}
	return proof, nil
}

func (t Tree) reader(ctx context.Context) tlog.HashReader {
	return tlog.TileHashReader(tlog.Tree{N: t.at.Size, Hash: t.at.Root}, &tileReader{t.client, ctx})
}

// get reads one file of the log.
func (c *Client) get(ctx context.Context, path string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w: %s is answered %s", ErrUnreachable, path, response.Status)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	if len(body) > maxAnswer {
		return nil, fmt.Errorf("%w: %s is too long", ErrUnreachable, path)
	}
	return body, nil
}

// tileReader implements tlog.TileReader.
type tileReader struct {
	*Client
	ctx context.Context // of one call of Continues
}

// Height implements tlog.TileReader.
func (*tileReader) Height() int { return translog.TileHeight }

// ReadTiles implements tlog.TileReader.
func (r *tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		var err error
		if data[i], err = r.get(r.ctx, tilePath(tile)); err != nil {
			return nil, err
		}
		if len(data[i]) != tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%w: %s has %d bytes", ErrUnreachable, tilePath(tile), len(data[i]))
		}
	}
	return data, nil
}

// SaveTiles implements tlog.TileReader.
func (*tileReader) SaveTiles([]tlog.Tile, [][]byte) {}

// tilePath is the path of a tile, as C2SP tlog-tiles writes it.
func tilePath(t tlog.Tile) string {
	path := fmt.Sprintf("%03d", t.N%1000)
	for n := t.N / 1000; n > 0; n /= 1000 {
		path = fmt.Sprintf("x%03d/%s", n%1000, path)
	}
	path = fmt.Sprintf("/tile/%d/%s", t.L, path)
	if t.W != 1<<t.H {
		path += fmt.Sprintf(".p/%d", t.W)
	}
	return path
}
