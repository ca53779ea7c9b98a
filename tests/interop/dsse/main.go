package main

// SPDX-License-Identifier: Apache-2.0
// A reader of DSSE envelopes made of Go's own packages, in the way of the protocol's verifiers in Go: standard base64 and then the other alphabet,
// and a signature counts when its key id is that of the key, or is left out.
import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
)

type envelope struct {
	PayloadType string `json:"payloadType"`
	Payload     string `json:"payload"`
	Signatures  []struct {
		KeyID string `json:"keyid"`
		Sig   string `json:"sig"`
	} `json:"signatures"`
}

func decode(text string) ([]byte, error) {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		data, err = base64.URLEncoding.DecodeString(text)
	}
	return data, err
}

func fingerprint(key []byte) string {
	sum := sha256.Sum256(append([]byte("\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20"), key...))
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
}

func verify(text, key []byte) error {
	var e envelope
	if err := json.Unmarshal(text, &e); err != nil {
		return err
	}
	payload, err := decode(e.Payload)
	if err != nil {
		return err
	}
	pae := fmt.Sprintf("DSSEv1 %d %s %d %s", len(e.PayloadType), e.PayloadType, len(payload), payload)
	good := false
	for _, s := range e.Signatures {
		sig, err := decode(s.Sig)
		if err != nil {
			return err
		}
		if s.KeyID == "" || s.KeyID == fingerprint(key) {
			good = good || ed25519.Verify(key, []byte(pae), sig)
		}
	}
	if !good {
		return fmt.Errorf("no signature of the key")
	}
	return nil
}

func main() {
	key, err := hex.DecodeString(os.Args[1])
	if err != nil || len(key) != ed25519.PublicKeySize {
		fmt.Println("error: no key", err)
		os.Exit(1)
	}
	for _, name := range os.Args[2:] {
		text, err := os.ReadFile(name)
		if err == nil {
			err = verify(text, key)
		}
		if err != nil {
			fmt.Printf("%s refused %q\n", name, err)
		} else {
			fmt.Println(name, "accepted")
		}
	}
}
