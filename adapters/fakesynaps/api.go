package fakesynaps

import (
	"encoding/json"
	"net/http"

	"dossier/domain/kyc"
)

// Handler returns the API, below /v4. A caller without the key learns nothing,
// not even by a fault.
func (p *Provider) Handler() http.Handler {
	mux := http.NewServeMux()
	for kind, corporate := range map[string]bool{"individual": false, "corporate": true} {
		mux.HandleFunc("GET /v4/"+kind+"/session/{session}", p.answer(corporate, (*record).overview))
		mux.HandleFunc("GET /v4/"+kind+"/session/{session}/step/{step}", p.answer(corporate, (*record).details))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusNotFound, "NOT_FOUND", "there is nothing here")
	})
	return p.withKey(mux)
}

func (p *Provider) withKey(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Api-Key") != p.cfg.Key {
			refuse(w, http.StatusUnauthorized, "UNAUTHORIZED", "the key is not valid")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// answer answers what a view shows of the session that a request names.
func (p *Provider) answer(corporate bool, view func(r *record, seed uint64, step string) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		fault := p.next()
		shown := p.look(kyc.SessionID(r.PathValue("session")), corporate, func(known *record) any {
			return view(known, p.cfg.Seed, r.PathValue("step"))
		})
		if shown == nil {
			if fault == (Fault{}) {
				refuse(w, http.StatusNotFound, "NOT_FOUND", "unknown session or step")
				return
			}
			shown = object{"code": "NOT_FOUND"} // something to spoil
		}
		text, err := json.Marshal(shown)
		if err != nil {
			panic(err) // text, numbers and truth values only
		}
		fault.spoil(w, r, text)
	}
}

// look shows a session as the API has it, behind by its lag; nil if there is none
// of that kind.
func (p *Provider) look(id kyc.SessionID, corporate bool, view func(*record) any) any {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.records[id]
	if known == nil || known.life.Corporate != corporate {
		return nil
	}
	if known = known.past(p.now(), max(known.lag, p.behind)); known == nil {
		return nil
	}
	return view(known)
}

// object is a JSON object.
type object map[string]any

// refuse answers an error in the provider's form.
func refuse(w http.ResponseWriter, status int, code, message string) {
	text, err := json.Marshal(object{"code": code, "message": message})
	if err != nil {
		panic(err) // text only
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(text)
}
