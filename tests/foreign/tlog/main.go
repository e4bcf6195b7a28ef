// A verifier of Tegata's ledger that shares no code with it: Go's own checksum-database packages, as Debian ships them.
//
// It reads a log over HTTP (-url) or from a folder (-dir), opens the checkpoint, recomputes the root from the tiles
// and checks entries against it. Any failure ends it with status 1 and the cause on standard error.
//
//	apt install golang-go golang-golang-x-mod-dev
//	GO111MODULE=off GOPATH=/usr/share/gocode go run main.go -url http://127.0.0.1:8080/ledger/devices -keys vkeys
//
// Formats: C2SP tlog-tiles, tlog-checkpoint, signed-note (Ed25519).
package main

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
	// Without -index all entries of a log of this size are read; of a larger one the first and last bundles.
	maxEntries   = 2000
	firstBundles = 4
	lastBundles  = 3
	// A full bundle of the longest entries, and more than any other file of a log.
	maxFile = tileWidth * (2 + 65535)
)

func main() {
	url := flag.String("url", "", "URL `prefix` of the log, as http://127.0.0.1:8080/ledger/devices")
	dir := flag.String("dir", "", "`folder` with the files of the log, instead of -url")
	keys := flag.String("keys", "", "`file` with the verifier keys of the log, one a line")
	old := flag.String("old", "", "`file` with an older checkpoint, of which the log must be a continuation")
	index := flag.Int64("index", -1, "`number` of the entry to check, with -entry")
	entry := flag.String("entry", "", "`file` with the bytes of the entry to check, with -index")
	flag.Parse()
	if (*url == "") == (*dir == "") || *keys == "" || (*index < 0) != (*entry == "") || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	source := fromURL(*url)
	if *dir != "" {
		source = fromDir(*dir)
	}
	result, err := verify(source, *keys, *old, *index, *entry)
	if err != nil {
		fmt.Fprintln(os.Stderr, "FAILED:", err)
		os.Exit(1)
	}
	fmt.Println("ok:", result)
}

// verify does all checks and gives the line of result.
func verify(read source, keysFile, oldFile string, index int64, entryFile string) (string, error) {
	keys, err := readKeys(keysFile)
	if err != nil {
		return "", err
	}
	text, err := read("checkpoint")
	if err != nil {
		return "", err
	}
	head, signers, err := openCheckpoint(text, keys)
	if err != nil {
		return "", err
	}
	result := fmt.Sprintf("log %s, %d entries, signed by %s", head.origin, head.N, strings.Join(signers, " "))
	hashes := tlog.TileHashReader(head.Tree, &tiles{read: read, known: map[tlog.Tile][]byte{}})
	root, err := tlog.TreeHash(head.N, hashes)
	if err != nil {
		return "", fmt.Errorf("root from the tiles: %w", err)
	}
	if head.N == 0 {
		root = emptyRoot()
	}
	if root != head.Hash {
		return "", fmt.Errorf("the tiles have the root %v, the checkpoint has %v", root, head.Hash)
	}
	said, err := checkEntries(read, head, hashes, index, entryFile)
	if err != nil {
		return "", err
	}
	result += ", " + said
	if oldFile != "" {
		said, err = checkOld(oldFile, keys, head, hashes)
		if err != nil {
			return "", err
		}
		result += ", " + said
	}
	return result, nil
}

func checkEntries(read source, head head, hashes tlog.HashReader, index int64, file string) (string, error) {
	if file != "" {
		return checkEntry(head, hashes, index, file)
	}
	checked, end := int64(0), (head.N+tileWidth-1)/tileWidth
	for bundle := int64(0); bundle < end; bundle++ {
		if bundle == firstBundles && head.N > maxEntries {
			bundle = end - lastBundles
		}
		count, err := checkBundle(read, head, hashes, bundle)
		if err != nil {
			return "", fmt.Errorf("entry bundle %d: %w", bundle, err)
		}
		checked += count
	}
	return fmt.Sprintf("%d entries of the bundles included", checked), nil
}

// checkEntry proves that the bytes of a file are the entry at index.
func checkEntry(head head, hashes tlog.HashReader, index int64, file string) (string, error) {
	entry, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	count, err := prove(head, hashes, index, entry)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("entry %d included by %d hashes", index, count), nil
}

// checkBundle proves each entry of a bundle and gives their number.
func checkBundle(read source, head head, hashes tlog.HashReader, bundle int64) (int64, error) {
	width := head.N - bundle*tileWidth
	if width > tileWidth {
		width = tileWidth
	}
	data, err := read(served(tlog.Tile{H: tileHeight, L: -1, N: bundle, W: int(width)}))
	if err != nil {
		return 0, err
	}
	for i := int64(0); i < width; i++ {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return 0, fmt.Errorf("ends within entry %d of %d", i, width)
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		if _, err := prove(head, hashes, bundle*tileWidth+i, data[2:end]); err != nil {
			return 0, err
		}
		data = data[end:]
	}
	if len(data) > 0 {
		return 0, fmt.Errorf("%d bytes after the last entry", len(data))
	}
	return width, nil
}

// prove makes an inclusion proof from the tiles and checks it against the signed root; it gives the proof's length.
//
// A hash out of tlog.TileHashReader is not enough: before x/mod v0.40.0 (CVE-2026-56865) the reader leaves some tiles
// unchecked, and Debian ships v0.7.0. CheckRecord and CheckTree start from the root itself.
func prove(head head, hashes tlog.HashReader, index int64, entry []byte) (int, error) {
	proof, err := tlog.ProveRecord(head.N, index, hashes)
	if err != nil {
		return 0, fmt.Errorf("proof of entry %d: %w", index, err)
	}
	if err := tlog.CheckRecord(proof, head.N, head.Hash, index, tlog.RecordHash(entry)); err != nil {
		return 0, fmt.Errorf("entry %d is not in the tree: %w", index, err)
	}
	return len(proof), nil
}

// checkOld proves that the log continues the one of an older checkpoint.
func checkOld(file string, keys note.Verifiers, head head, hashes tlog.HashReader) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	old, _, err := openCheckpoint(text, keys)
	if err != nil {
		return "", fmt.Errorf("old checkpoint: %w", err)
	}
	if old.origin != head.origin {
		return "", fmt.Errorf("the old checkpoint is of another log: %s", old.origin)
	}
	if old.N > head.N {
		return "", fmt.Errorf("the log shrank from %d to %d entries", old.N, head.N)
	}
	if old.N == 0 {
		if old.Hash != emptyRoot() {
			return "", fmt.Errorf("the old checkpoint has no entries but the root %v", old.Hash)
		}
		return "a continuation of the empty log", nil
	}
	proof, err := tlog.ProveTree(head.N, old.N, hashes)
	if err != nil {
		return "", fmt.Errorf("proof from %d entries: %w", old.N, err)
	}
	if err := tlog.CheckTree(proof, head.N, head.Hash, old.N, old.Hash); err != nil {
		return "", fmt.Errorf("not a continuation of the log of %d entries: %w", old.N, err)
	}
	return fmt.Sprintf("continues %d entries by %d hashes", old.N, len(proof)), nil
}

// head is an opened checkpoint.
type head struct {
	tlog.Tree
	origin string
}

// openCheckpoint checks the note and reads its text; it also gives the names of the keys that signed it.
func openCheckpoint(text []byte, keys note.Verifiers) (head, []string, error) {
	opened, err := note.Open(text, keys)
	if err != nil {
		return head{}, nil, fmt.Errorf("checkpoint: %w", err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] == "" {
		return head{}, nil, fmt.Errorf("checkpoint: %d lines", len(lines)-1)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return head{}, nil, fmt.Errorf("checkpoint: malformed size %q", lines[1])
	}
	hash, err := tlog.ParseHash(lines[2])
	if err != nil {
		return head{}, nil, fmt.Errorf("checkpoint: %w", err)
	}
	var signers []string
	for _, signature := range opened.Sigs {
		signers = append(signers, signature.Name)
	}
	return head{tlog.Tree{N: size, Hash: hash}, lines[0]}, signers, nil
}

func readKeys(file string) (note.Verifiers, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var keys []note.Verifier
	for _, line := range strings.Fields(string(text)) {
		key, err := note.NewVerifier(line)
		if err != nil {
			return nil, fmt.Errorf("key %q: %w", line, err)
		}
		keys = append(keys, key)
	}
	return note.VerifierList(keys...), nil
}

// emptyRoot is SHA-256 of nothing. tlog has no name for it: it starts at one record.
func emptyRoot() tlog.Hash {
	root, _ := tlog.ParseHash("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
	return root
}

// tiles gives tlog the tiles that it asks for, and keeps them.
type tiles struct {
	read  source
	known map[tlog.Tile][]byte
}

func (t *tiles) Height() int { return tileHeight }

func (t *tiles) SaveTiles(list []tlog.Tile, data [][]byte) {
	for i, tile := range list {
		t.known[tile] = data[i]
	}
}

func (t *tiles) ReadTiles(list []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range list {
		data, known := t.known[tile]
		if !known {
			var err error
			if data, err = t.read(served(tile)); err != nil {
				return nil, err
			}
		}
		out = append(out, data)
	}
	return out, nil
}

// served is the path in tlog-tiles of what tlog calls tile/8/0/… and tile/8/data/…
func served(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight))
	return "tile/" + strings.Replace(path, "data/", "entries/", 1)
}

// source reads a file of the log by its path below the prefix.
type source func(path string) ([]byte, error)

func fromDir(dir string) source {
	return func(path string) ([]byte, error) {
		return os.ReadFile(filepath.Join(dir, filepath.FromSlash(path)))
	}
}

func fromURL(prefix string) source {
	client := &http.Client{Timeout: 30 * time.Second}
	prefix = strings.TrimSuffix(prefix, "/")
	return func(path string) ([]byte, error) {
		response, err := client.Get(prefix + "/" + path)
		if err != nil {
			return nil, err
		}
		defer response.Body.Close()
		var body bytes.Buffer
		count, err := io.Copy(&body, io.LimitReader(response.Body, maxFile+1))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if response.StatusCode != http.StatusOK || count > maxFile {
			return nil, fmt.Errorf("%s: %s, %d bytes", path, response.Status, count)
		}
		return body.Bytes(), nil
	}
}
