package httpapi

import (
	"bytes"
	"embed"
	"net/http"
	"time"

	"dossier/ports/problem"
)

//go:embed docsui
var docsUI embed.FS

// docsPolicy lets the viewer load from and talk to this server only. It has no
// unsafe exception; the images are icons inside the style sheet.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// docsType returns the media type of a file that is served. It is not left to
// the system's own tables, which differ.
func docsType(name string) (mediaType string, ok bool) {
	switch name {
	case "swagger-ui-bundle.js", "start.js":
		return "text/javascript; charset=utf-8", true
	case "swagger-ui.css":
		return "text/css; charset=utf-8", true
	case "LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt":
		return "text/plain; charset=utf-8", true
	default:
		return "", false
	}
}

func serveDocs(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", docsPolicy)
	w.Header().Set("Referrer-Policy", "no-referrer")
	serveEmbedded(w, r, "index.html", "text/html; charset=utf-8")
}

func serveDocsFile(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	mediaType, ok := docsType(name)
	if !ok {
		problem.NotFound.Write(w)
		return
	}
	serveEmbedded(w, r, name, mediaType)
}

func serveEmbedded(w http.ResponseWriter, r *http.Request, name, mediaType string) {
	content, err := docsUI.ReadFile("docsui/" + name)
	if err != nil {
		panic(err) // it was there when this was compiled
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", etag(content))
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
}
