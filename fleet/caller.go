package fleet

import "context"

type callerKey struct{}

// WithCaller returns a copy of ctx that carries who is asking, as an edge found out.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerFrom returns the caller that ctx carries; false where no edge put one there.
func CallerFrom(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}
