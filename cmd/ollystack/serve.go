package main

import (
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/app"
	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/settings"
)

func newServe(s surroundings) *cobra.Command {
	var printSettings bool
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: `Run the server until SIGTERM or SIGINT, then let agents and requests end in an
orderly way; a second signal ends it at once.

Every setting can also be given in a file (--config) and in the environment:
--redis-url is redis.url there and OLLYSTACK_REDIS_URL here. Flags win over the
environment, the environment over the file.`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			loaded, err := settings.Load(settings.Options{
				Flags: cmd.Flags(), Environ: s.Environ, DefaultFile: settings.DefaultFile,
			})
			if err != nil {
				return faults(err)
			}
			if printSettings {
				return loaded.Print(s.Stdout)
			}
			supervisor, err := supervision(s)
			if err != nil {
				return err
			}
			log := newLogger(s, loaded.Settings.Log)
			logSettings(log, loaded)
			return app.Run(cmd.Context(), app.Options{
				Settings: loaded.Settings, Build: s.build, Logger: log, Stdout: hintsTo(s), Supervision: supervisor,
			})
		},
	}
	cmd.Flags().SortFlags = false
	settings.RegisterFlags(cmd.Flags())
	cmd.Flags().BoolVar(&printSettings, "print-settings", false, "print every setting and where it came from, then exit")
	return cmd
}

// faults says what is wrong with the settings; they explain themselves.
func faults(err error) error { return &cli.Error{Code: cli.ExitUsage, Err: err} }

func newLogger(s surroundings, l settings.Log) *slog.Logger {
	if isJournal(s, s.Stderr) {
		return slog.New(newJournalHandler(s.Stderr, l))
	}
	return slog.New(newHandler(s.Stderr, l, nil))
}

func newHandler(w io.Writer, l settings.Log, replace func([]string, slog.Attr) slog.Attr) slog.Handler {
	o := &slog.HandlerOptions{Level: l.Level, ReplaceAttr: replace}
	if l.Format == settings.LogJSON {
		return slog.NewJSONHandler(w, o)
	}
	return slog.NewTextHandler(w, o)
}

// hintsTo is who reads the hints for a person: nobody, where the output goes to the journal.
func hintsTo(s surroundings) io.Writer {
	if isJournal(s, s.raw) {
		return nil
	}
	return s.raw
}

// logSettings says which settings are not the defaults, and, at Debug, all of them.
func logSettings(log *slog.Logger, loaded settings.Loaded) {
	if loaded.File != "" {
		log.Info("settings file", "file", loaded.File)
	}
	for _, v := range loaded.Values() {
		log.Debug("setting", "name", v.Key.Name, "value", v.Text, "origin", v.Origin)
	}
}
