package validate

import (
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pipeline"
)

// flow is the graph of what feeds what: pipelines are its first nodes, and each
// connector is one node more for each pair of signals that it carries.
type flow struct {
	next      [][]int
	pipelines int
	names     []string
}

// connectorCycles refuses pipelines that feed themselves through connectors.
// Whether a connector turns one signal into another only its factory knows, so
// only what must flow, if the collector accepts the connector at all, is an
// error; what would flow if it also passes a signal on as itself is a warning.
// Source: service/internal/graph, buildComponents.
func (c *checker) connectorCycles() {
	uses := c.connectorUses()
	certain := func(u *connectorUse, from, to pipeline.Signal) bool {
		// Where not all pipelines could be read, a connector may have other counterparts.
		return u.mustCarry(from, to) && (c.pipelinesRead || carriesSameSignal(u.id.Type()))
	}
	likely := func(u *connectorUse, from, to pipeline.Signal) bool {
		return certain(u, from, to) || from == to
	}
	found := c.reportCycles(uses, certain, "connector-cycle", c.r.errorf, "feed themselves")
	if !found {
		c.reportCycles(uses, likely, "possible-connector-cycle", c.r.warnf, "may feed themselves")
	}
}

func (c *checker) reportCycles(uses []*connectorUse, carries func(u *connectorUse, from, to pipeline.Signal) bool,
	code string, report func(string, at, string, ...any), verb string,
) bool {
	g := c.flow(uses, carries)
	found := false
	for _, cycle := range g.cycles() {
		found = true
		first := c.pipelines[cycle[0]]
		names := make([]string, 0, len(cycle)+1)
		for _, n := range cycle {
			names = append(names, g.names[n])
		}
		names = append(names, g.names[cycle[0]])
		place := first.exporters.where
		for _, ref := range first.exporters.items {
			if quote(ref.id.String()) == g.names[cycle[1]] {
				place = ref.where
			}
		}
		report(code, place, "Pipelines %s through connectors: %s.", verb, strings.Join(names, " -> "))
	}
	return found
}

func (c *checker) flow(uses []*connectorUse, carries func(u *connectorUse, from, to pipeline.Signal) bool) *flow {
	g := &flow{pipelines: len(c.pipelines), next: make([][]int, len(c.pipelines)), names: make([]string, len(c.pipelines))}
	for i, p := range c.pipelines {
		g.names[i] = p.id.String()
	}
	for _, u := range uses {
		for _, from := range u.fromSignals {
			for _, to := range u.toSignals {
				if !carries(u, from, to) {
					continue
				}
				node := len(g.next)
				g.next = append(g.next, nil)
				g.names = append(g.names, quote(u.id.String()))
				for _, end := range u.asExporter {
					if c.pipelines[end.pipeline].id.Signal() == from {
						g.next[end.pipeline] = append(g.next[end.pipeline], node)
					}
				}
				for _, end := range u.asReceiver {
					if c.pipelines[end.pipeline].id.Signal() == to {
						g.next[node] = append(g.next[node], end.pipeline)
					}
				}
			}
		}
	}
	return g
}

// cycles returns a shortest cycle for each strongly connected part of the
// graph, beginning with the pipeline that is written first in it.
func (g *flow) cycles() [][]int {
	var cycles [][]int
	for _, part := range g.parts() {
		if len(part) > 1 { // a pipeline feeds itself only through a connector's node
			cycles = append(cycles, g.shortest(slices.Min(part), part))
		}
	}
	slices.SortFunc(cycles, func(a, b []int) int { return a[0] - b[0] })
	return cycles
}

// parts are the strongly connected parts, by Tarjan's algorithm.
func (g *flow) parts() [][]int {
	var (
		parts   [][]int
		stack   []int
		counter int
		number  = make([]int, len(g.next)) // 0: not visited
		low     = make([]int, len(g.next))
		onStack = make([]bool, len(g.next))
		visit   func(n int)
	)
	visit = func(n int) {
		counter++
		number[n], low[n] = counter, counter
		stack = append(stack, n)
		onStack[n] = true
		for _, m := range g.next[n] {
			if number[m] == 0 {
				visit(m)
				low[n] = min(low[n], low[m])
			} else if onStack[m] {
				low[n] = min(low[n], number[m])
			}
		}
		if low[n] != number[n] {
			return
		}
		for i := len(stack) - 1; ; i-- {
			onStack[stack[i]] = false
			if stack[i] == n {
				parts = append(parts, slices.Clone(stack[i:]))
				stack = stack[:i]
				return
			}
		}
	}
	for n := range g.next {
		if number[n] == 0 {
			visit(n)
		}
	}
	return parts
}

// shortest returns a shortest way from start back to itself within one part.
func (g *flow) shortest(start int, part []int) []int {
	within := make(map[int]bool, len(part))
	for _, n := range part {
		within[n] = true
	}
	from := map[int]int{}
	queue := []int{start}
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		for _, m := range g.next[n] {
			if m == start {
				way := []int{n}
				for n != start {
					n = from[n]
					way = append(way, n)
				}
				slices.Reverse(way)
				return way
			}
			if _, seen := from[m]; !seen && within[m] {
				from[m] = n
				queue = append(queue, m)
			}
		}
	}
	return []int{start}
}
