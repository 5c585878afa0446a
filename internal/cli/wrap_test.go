package cli

import (
	"strings"
	"testing"
)

func TestField(t *testing.T) {
	t.Parallel()
	narrow := Screen{Width: 30, Colour: true}
	for _, c := range []struct {
		screen Screen
		text   string
		want   string
	}{
		{Screen{}, "one two three four five six", "Name  one two three four five six\n"},
		{Screen{Width: 10}, "one two three four five six", "Name  one two three four five six\n"},
		{narrow, "", "Name  \n"},
		{narrow, "1 healthy, 22 unhealthy, 333 gone", "Name  1 healthy, 22 unhealthy,\n      333 gone\n"},
		{narrow, "one two, three four five six, seven", "Name  one two,\n      three four five six,\n      seven\n"},
		{narrow, "one two three four five", "Name  one two three four five\n"},
		{narrow, "one two three four fiver", "Name  one two three four fiver\n"},
		{narrow, "one two three four fiveth", "Name  one two three four\n      fiveth\n"},
		{narrow, "12 " + narrow.Paint(Red, "3 unhealthy") + ", 4 " + narrow.Paint(Green, "healthy") + " 5", "Name  12 \x1b[31m3 unhealthy\x1b[0m,\n      4 \x1b[32mhealthy\x1b[0m 5\n"},
		{narrow, "a-word-that-is-longer-than-its-line and more", "Name  a-word-that-is-longer-than-its-line\n      and more\n"},
		{narrow, "漢字漢字漢字 漢字漢字漢字", "Name  漢字漢字漢字\n      漢字漢字漢字\n"},
	} {
		var out strings.Builder
		c.screen.Field(&out, 6, "Name", c.text)
		if out.String() != c.want {
			t.Errorf("Field(%+v, %q) = %q, want %q", c.screen, c.text, out.String(), c.want)
		}
	}
}
