package pgconn

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"dossier/adapters/postgres/pgcluster"
	"dossier/adapters/postgres/pgtest"
)

// certificate writes an authority, and a certificate of it for 127.0.0.1 with its
// key, into a folder.
func certificate(t *testing.T, folder string) (authority, file, key string) {
	t.Helper()
	made := func(template, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*ecdsa.PrivateKey, []byte) {
		private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if signer == nil {
			signer = private
		}
		template.SerialNumber, template.NotBefore, template.NotAfter = big.NewInt(1), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, template, parent, &private.PublicKey, signer)
		if err != nil {
			t.Fatal(err)
		}
		return private, der
	}
	root := &x509.Certificate{Subject: pkix.Name{CommonName: "test"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	rootKey, rootDER := made(root, root, nil)
	leaf := &x509.Certificate{Subject: pkix.Name{CommonName: "server"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	leafKey, leafDER := made(leaf, root, rootKey)
	private, err := x509.MarshalECPrivateKey(leafKey)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("authority.pem", "CERTIFICATE", rootDER), write("server.pem", "CERTIFICATE", leafDER), write("server.key", "EC PRIVATE KEY", private)
}

// encryptedServer starts a server that speaks TLS, and returns its authority's file.
func encryptedServer(t *testing.T) (s *pgcluster.Server, authority string) {
	t.Helper()
	folder := pgcluster.Folder(t)
	at := func(name string) string { return filepath.Join(folder, name) }
	s, err := pgcluster.Init(t.Context(), folder, "ssl=on", "ssl_cert_file="+at("server.pem"), "ssl_key_file="+at("server.key"))
	if err != nil {
		t.Skipf("%v", err)
	}
	pgcluster.Cleanup(t, s)
	authority, file, key := certificate(t, folder)
	info, err := os.Stat(folder)
	if err != nil {
		t.Fatal(err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	for _, path := range []string{file, key} {
		if err := os.Chown(path, int(owner.Uid), int(owner.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, authority
}

// What Neon's URLs ask for works, and does not work with a server that anybody
// may be.
func TestARequiredChannelBindingNeedsTheServersCertificate(t *testing.T) {
	server, authority := encryptedServer(t)
	other, _, _ := certificate(t, t.TempDir())
	base := strings.Replace(server.URL("postgres"), "sslmode=disable", "sslmode=require", 1)
	named := strings.Replace(base, "127.0.0.1", "localhost", 1) // which the certificate is not for
	for _, c := range []struct {
		what, url string
		works     bool
	}{
		{"the server's authority", base + "&channel_binding=require&sslrootcert=" + authority, true},
		{"another authority", base + "&channel_binding=require&sslrootcert=" + other, false},
		{"no authority", base + "&channel_binding=require", false},
		{"another name", named + "&channel_binding=require&sslrootcert=" + authority, false},
		{"without it", base, true},
	} {
		db := opened(t, c.url, Options{})
		var encrypted bool
		err := db.QueryRowContext(t.Context(), `SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`).Scan(&encrypted)
		if (err == nil) != c.works || encrypted != c.works {
			t.Errorf("%s: encrypted %t, %v", c.what, encrypted, err)
		}
	}
}

// What TLS itself sends at the beginning of a connection is no sign of its end,
// and an end is seen beneath it.
func TestEncryptedConnectionsAreReplacedWhenTheyDied(t *testing.T) {
	server, _ := encryptedServer(t)
	db := opened(t, strings.Replace(server.URL("postgres"), "disable", "require", 1), Options{Writes: true})
	run(t, db, `CREATE TABLE kept (n int)`)
	first, _ := idle(t, db, 3)
	second, ended := idle(t, db, 3)
	for pid := range second {
		if !first[pid] {
			t.Errorf("the connection %d was opened without need", pid)
		}
	}
	if pgtest.Terminate(t, server.URL("postgres")) < 3 {
		t.Error("the connections had ended before")
	}
	ended()
	for range 3 {
		run(t, db, `INSERT INTO kept VALUES (1)`)
	}
	if n := count(t, db); n != 3 {
		t.Errorf("%d rows, want 3", n)
	}
}
