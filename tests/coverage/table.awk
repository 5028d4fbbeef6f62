# SPDX-License-Identifier: LGPL-2.1-or-later
# What gcovr says of each file (CSV), added up by directory, as TAP: all together is to be at least `lines`
# and `branches` percent.

function percent(covered, all) {
	return all ? 100 * covered / all : 100
}

function row(name, key) {
	printf "# %-14s %6d of %6d %5.1f %%  %6d of %6d %5.1f %%\n", name,
		covered[key, "line"], total[key, "line"], percent(covered[key, "line"], total[key, "line"]),
		covered[key, "branch"], total[key, "branch"], percent(covered[key, "branch"], total[key, "branch"])
}

function verdict(number, name, what, wanted,	got) {
	if (!total["", what]) {
		printf "not ok %d - %s: there are some\n", number, name
		return 1
	}
	got = percent(covered["", what], total["", what])
	printf "%s %d - %s: %.1f %% are covered, at least %d\n", got < wanted ? "not ok" : "ok", number, name, got, wanted
	return got < wanted
}

function add(key, what) {
	covered[key, what] += $column[what "_covered"]
	total[key, what] += $column[what "_total"]
}

NR == 1 {
	for (i = 1; i <= NF; i++)
		column[$i] = i
	next
}

{
	directory = $column["filename"]
	sub("/[^/]*$", "", directory)
	if (!(directory in seen)) {
		seen[directory] = 1
		order[++directories] = directory
	}
	add(directory, "line")
	add(directory, "branch")
	add("", "line")
	add("", "branch")
}

END {
	printf "# %-14s %25s  %25s\n", "", "lines", "branches"
	for (i = 1; i <= directories; i++)
		row(order[i], order[i])
	row("all", "")
	print "1..2"
	bad = verdict(1, "lines", "line", lines) + verdict(2, "branches", "branch", branches)
	exit bad != 0
}
