package fleet

import "context"

// Doubt readies the store of another day to be started from. The agents have
// gone on since: whoever does not tell its full state by itself is asked for it
// before it is offered anything, so that nobody is sent what it runs already.
func Doubt(ctx context.Context, store Store) error {
	var after InstanceUID
	for more := true; more; {
		err := store.Update(ctx, func(tx Tx) error {
			var agents []Agent
			for a, err := range tx.Agents(after) {
				if err != nil {
					return err
				}
				if agents = append(agents, a); len(agents) == flushChunk {
					break
				}
			}
			for _, a := range agents {
				a.SequenceNum, after = seqInDoubt, a.UID
				if err := tx.PutAgent(a); err != nil {
					return err
				}
			}
			more = len(agents) == flushChunk
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
