// A receiver on Go's standard library. Run it with: KYC_SECRET=whsec_... PORT=3000 go run go-http.go
//
// The provider documents whsec_ secrets and HMAC, not how a delivery is signed. This is Standard Webhooks, which the
// sandbox signs with. `kycgenie listen` finds out how yours are signed; `kycgenie config get scheme` shows it then.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	tolerance    = 5 * time.Minute
	maxBodyBytes = 1 << 20
	maxSeen      = 10_000
)

type receiver struct {
	keys [][]byte
	// Ids of the events done. A database table with a unique id belongs here: memory is lost with the process.
	lock  sync.Mutex
	seen  map[string]bool
	order []string
}

// One secret, or during a rotation two with a space between. The key is the base64 after whsec_.
func decodeKeys(secrets string) (keys [][]byte) {
	for _, secret := range strings.Fields(secrets) {
		text := strings.NewReplacer("-", "+", "_", "/", "=", "").Replace(strings.TrimPrefix(secret, "whsec_"))
		key, err := base64.RawStdEncoding.DecodeString(text)
		if err != nil || len(key) == 0 {
			log.Fatal("KYC_SECRET holds a secret that is not base64 after whsec_")
		}
		keys = append(keys, key)
	}
	return keys
}

func (r *receiver) isSigned(header http.Header, body []byte) bool {
	id, timestamp := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if id == "" || err != nil || time.Since(time.Unix(seconds, 0)).Abs() > tolerance {
		return false
	}
	for _, key := range r.keys {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + timestamp + "."))
		mac.Write(body)
		expected := []byte("v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		for _, given := range strings.Fields(header.Get("webhook-signature")) {
			if hmac.Equal(expected, []byte(given)) {
				return true
			}
		}
	}
	return false
}

// Only put the event in a queue here: the sender does not wait for long.
func handle(body []byte) error {
	var event struct {
		ID   string `json:"id"`
		Type string `json:"event_type"`
	}
	if err := json.Unmarshal(body, &event); err != nil {
		return err
	}
	if event.Type == "screening.completed" {
		log.Println("screening completed:", event.ID)
	}
	return nil // Types that are not known are no error: new ones come without notice.
}

func (r *receiver) handleOnce(id string, body []byte) error {
	r.lock.Lock()
	defer r.lock.Unlock()
	if r.seen[id] {
		return nil
	}
	if err := handle(body); err != nil {
		return err
	}
	r.seen[id], r.order = true, append(r.order, id)
	if len(r.order) > maxSeen {
		delete(r.seen, r.order[0])
		r.order = r.order[1:]
	}
	return nil
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if request.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "only POST", http.StatusMethodNotAllowed)
		return
	}
	// The bytes as they came: JSON that was decoded and encoded anew is not what was signed.
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, maxBodyBytes))
	if err != nil {
		http.Error(w, "the body is too large or broken off", http.StatusRequestEntityTooLarge)
		return
	}
	if !r.isSigned(request.Header, body) {
		http.Error(w, "not signed", http.StatusUnauthorized)
		return
	}
	if err := r.handleOnce(request.Header.Get("webhook-id"), body); err != nil {
		log.Println("an event failed:", err)
		http.Error(w, "failed", http.StatusInternalServerError) // So that it is sent again.
	}
}

func main() {
	keys := decodeKeys(os.Getenv("KYC_SECRET"))
	if len(keys) == 0 {
		log.Fatal("KYC_SECRET holds no secret")
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = "3000"
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("listening on http://%s/", listener.Addr())
	handler := &receiver{keys: keys, seen: map[string]bool{}}
	log.Fatal((&http.Server{Handler: handler, ReadTimeout: 30 * time.Second}).Serve(listener))
}
