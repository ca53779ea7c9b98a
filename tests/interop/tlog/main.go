package main

// SPDX-License-Identifier: Apache-2.0
// What the Go client of the checksum database says of our logs.
import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func die(err error) {
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

func hashes(lines []string) []tlog.Hash {
	var out []tlog.Hash
	for _, l := range lines {
		b, err := base64.StdEncoding.DecodeString(l)
		die(err)
		var h tlog.Hash
		copy(h[:], b)
		out = append(out, h)
	}
	return out
}

func open(text, vkey string) (*note.Note, int64, tlog.Hash) {
	v, err := note.NewVerifier(vkey)
	die(err)
	n, err := note.Open([]byte(text), note.VerifierList(v))
	die(err)
	parts := strings.Split(n.Text, "\n")
	size, err := strconv.ParseInt(parts[1], 10, 64)
	die(err)
	return n, size, hashes(parts[2:3])[0]
}

func main() {
	data, err := os.ReadFile(os.Args[2])
	die(err)
	switch os.Args[1] {
	case "record": // PROOF VKEY ENTRY
		parts := strings.SplitN(string(data), "\n\n", 2)
		lines := strings.Split(parts[0], "\n")
		n, size, root := open(parts[1], os.Args[3])
		entry, err := os.ReadFile(os.Args[4])
		die(err)
		index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
		die(err)
		die(tlog.CheckRecord(tlog.RecordProof(hashes(lines[3:])), size, root, index, tlog.RecordHash(entry)))
		fmt.Println("verified", len(n.Sigs), "unverified", len(n.UnverifiedSigs))
	case "tree": // REQUEST VKEY OLDNOTE
		parts := strings.SplitN(string(data), "\n\n", 2)
		lines := strings.Split(parts[0], "\n")
		_, size, root := open(parts[1], os.Args[3])
		old, err := os.ReadFile(os.Args[4])
		die(err)
		_, oldSize, oldRoot := open(string(old), os.Args[3])
		die(tlog.CheckTree(tlog.TreeProof(hashes(lines[1:])), size, root, oldSize, oldRoot))
		fmt.Println("continues", oldSize, size)
	case "make": // ENTRIES(json list) -> checkpoint signed by a new key, printed with its vkey
		var entries []string
		die(json.Unmarshal(data, &entries))
		skey, vkey, err := note.GenerateKey(rand.Reader, os.Args[3])
		die(err)
		signer, err := note.NewSigner(skey)
		die(err)
		var stored []tlog.Hash
		reader := tlog.HashReaderFunc(func(ix []int64) ([]tlog.Hash, error) {
			var out []tlog.Hash
			for _, i := range ix {
				out = append(out, stored[i])
			}
			return out, nil
		})
		for i, e := range entries {
			hs, err := tlog.StoredHashes(int64(i), []byte(e), reader)
			die(err)
			stored = append(stored, hs...)
		}
		root, err := tlog.TreeHash(int64(len(entries)), reader)
		die(err)
		text := fmt.Sprintf("%s\n%d\n%s\n", os.Args[3], len(entries), base64.StdEncoding.EncodeToString(root[:]))
		signed, err := note.Sign(&note.Note{Text: text}, signer)
		die(err)
		die(os.WriteFile("their-checkpoint", signed, 0o644))
		fmt.Println(vkey)
	}
}
