//go:build e2e

package rediscache

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// faults of a proxy, which it asks about for every chunk that it carries.
type trouble struct {
	// delay holds a chunk back; it is delivered then, also when the client has given up meanwhile.
	delay time.Duration
	// cut ends the connection at once, in both directions.
	cut bool
	// swallow carries nothing any more in this direction, and says nothing.
	swallow bool
}

// proxy stands between a client and a server and makes trouble.
type proxy struct {
	addr     string
	target   string
	listener net.Listener

	mu      sync.Mutex
	ask     func(toServer bool) trouble
	conns   map[net.Conn]struct{}
	carried sync.WaitGroup
}

func startProxy(t testing.TB, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{addr: l.Addr().String(), target: target, listener: l, conns: map[net.Conn]struct{}{}}
	p.carried.Go(p.accept)
	t.Cleanup(func() {
		_ = l.Close()
		p.cutAll()
		p.carried.Wait()
	})
	return p
}

// makeTrouble sets what is asked about every chunk; nil for none.
func (p *proxy) makeTrouble(ask func(toServer bool) trouble) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ask = ask
}

func (p *proxy) cutAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns[client], p.conns[server] = struct{}{}, struct{}{}
		p.mu.Unlock()
		var both sync.WaitGroup
		both.Go(func() { p.carry(server, client, true) })
		both.Go(func() { p.carry(client, server, false) })
		p.carried.Go(func() {
			both.Wait()
			p.mu.Lock()
			defer p.mu.Unlock()
			delete(p.conns, client)
			delete(p.conns, server)
			_ = client.Close()
			_ = server.Close()
		})
	}
}

// carry copies chunks from one to the other until the source ends. What came
// before the end is delivered: a client's close does not unsend.
func (p *proxy) carry(to, from net.Conn, toServer bool) {
	defer func() {
		if tcp, ok := to.(*net.TCPConn); ok {
			_ = tcp.CloseWrite()
		}
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			p.mu.Lock()
			ask := p.ask
			p.mu.Unlock()
			var tr trouble
			if ask != nil {
				tr = ask(toServer)
			}
			if tr.delay > 0 {
				<-time.After(tr.delay)
			}
			switch {
			case tr.cut:
				_ = from.Close()
				_ = to.Close()
				return
			case tr.swallow:
				_, _ = io.Copy(io.Discard, from)
				return
			}
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
