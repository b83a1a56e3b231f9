# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# The rules of tests/mutants/mechanical: awk -v name=FUNCTION -f mechanical.awk SOURCE.
# Prints a line for each mutant of the function, with tabs between KIND, FROM, TO and the
# change of the statement alone: "BEFORE -> AFTER".
#
# The program needs no parser of C. It cuts the function into tokens, and the tokens into
# statements. A statement ends with ";". The head of an if or of a loop, up to its closing
# parenthesis, counts as a statement, too.

BEGIN {
	other["<"] = "<="; other["<="] = "<"; other[">"] = ">="; other[">="] = ">"
	other["=="] = "!="; other["!="] = "=="; other["&&"] = "||"; other["||"] = "&&"
	other["true"] = "false"; other["false"] = "true"
}

{ source = source $0 "\n" }

END {
	code = hide(source)
	# Each blank is now one character, in both texts, so an offset fits both.
	gsub(/[ \t\n]+/, " ", source)
	gsub(/[ \t\n]+/, " ", code)
	if (!find_function())
		fail("has no function '" name "'")
	if (substr(code, at[1], at[n] - at[1]) ~ /`/)
		fail("'" name "' has lines of the preprocessor")
	for (i = pair[2] + 2; i < n; i = last + 1) {
		last = i
		if (tok[i] ~ /^([{};]|else|do)$/)
			continue
		if (tok[i + 1] == ":" || tok[i] == "case") { # a label
			while (tok[last] != ":")
				last++
			continue
		}
		if (is_head(i))
			last = pair[i + 1]
		else
			while (tok[last] != ";")
				last = (pair[last] > last ? pair[last] : last) + 1
		head = is_head(i) ? tok[i] : ""
		# What belongs to "if (mutex_lock_killable())" is not seen either.
		unseen = belongs || is_unseen(i) || (head && is_unseen(last + 1))
		belongs = unseen && head
		if (!unseen && tok[i] != "static")
			statement(i, last)
	}
}

function fail(text) {
	print "mechanical: " FILENAME " " text >"/dev/stderr"
	exit 1
}

# Puts "@" in place of comments, strings and characters, and "`" before directives.
function hide(text,	done, len, piece) {
	gsub(/\n#/, "\n`", text)
	while (match(text, /\/\*|\/\/|["']/)) {
		done = done substr(text, 1, RSTART - 1)
		text = substr(text, RSTART)
		if (text ~ /^\/\*/)
			len = index(substr(text, 3), "*/") + 3
		else if (match(text, /^(\/\/[^\n]*|"(\\.|[^"\\])*"|'(\\.|[^'\\])*')/))
			len = RLENGTH
		piece = substr(text, 1, len)
		gsub(/[^ \t\n]/, "@", piece)
		done = done piece
		text = substr(text, len + 1)
	}
	return done text
}

# Finds the definition, and cuts it into the tokens tok[1], the name, to tok[n], its "}".
function find_function(	begin) {
	begin = 0
	while (match(substr(code, begin + 1), "[ *]" name "\\(")) {
		begin += RSTART
		if (cut(begin + 1))
			return 1
	}
	return 0
}

# Cuts the text into tokens, from p to the end of the function. Fails if no definition
# begins there. at[]: where a token begins. pair[]: the other one of two brackets.
function cut(p,	depth, open) {
	delete pair
	for (n = 0; ; p += length(tok[n])) {
		if (match(substr(code, p), /^[ @]+/))
			p += RLENGTH
		if (!match(substr(code, p), /^([A-Za-z0-9_]+|<<=|>>=|->|\+\+|--|&&|\|\||<<|>>)/) &&
		    !match(substr(code, p), /^([-+*\/%&|^=!<>]=|[^ @])/))
			return 0
		tok[++n] = substr(code, p, RLENGTH)
		at[n] = p
		if (tok[n] ~ /^[({[]$/)
			open[++depth] = n
		else if (tok[n] ~ /^[])}]$/) {
			pair[n] = open[depth]
			pair[open[depth--]] = n
		}
		if (pair[2] && n == pair[2] + 1 && tok[n] != "{")
			return 0
		if (tok[n] == "}" && !depth)
			return 1
	}
}

function is_head(i) {
	return tok[i] ~ /^(if|while|for|switch)$/ || tok[i] ~ /for_each/
}

# Whether no case can see a change of the statement: it checks or logs something, frees
# memory, or takes or releases a lock. Cases would hang without the release of a lock.
function is_unseen(i) {
	if (is_head(i))
		i += 2
	while (tok[i] == "!")
		i++
	return tok[i] ~ /^(lockdep_|trace_|pr_|cond_resched$|kfree$)|_(un|try)?lock(_|$)/
}

function statement(first, last,	t, semicolons, start) {
	s_first = first
	s_last = last
	start = first + 2
	for (t = first; t <= last; t++) {
		if (head == "for" && tok[t] == ";" && ++semicolons == 2)
			# The step of a loop stays, or the loop has no end.
			break
		if (head == "for" && tok[t] == ";")
			start = t + 1
		if (tok[t] in other && !is_endless(first, last, tok[t]))
			mutant(tok[t] ~ /[&|]/ ? "logic" : tok[t] ~ /[a-z]/ ? "bool" : "relation",
			       t, t, other[tok[t]])
		else if (tok[t] ~ /^[0-9]/)
			constant(t)
		else if (tok[t] == "-" && tok[t + 1] ~ /^E[A-Z]/)
			mutant("error", t, t + 1, "0")
		else if (tok[t] == "?" && tok[t + 1] != ":")
			negated(condition(t), t - 1)
	}
	if (head == "if")
		negated(start, last - 1)
	else if (head == "for" && t == start)
		mutant("skipped", t, t, "0;")
	else if (head == "for" || head == "while")
		around("skipped", "0 && ", start, (head == "for" ? t : last) - 1)
	else if (tok[first] ~ /^[a-z_]/ && tok[first + 1] == "(" && pair[first + 1] == last - 1)
		mutant("removed", first, last, ";")
}

# Whether a loop may have no end with another operator. A loop ends if one of two conditions
# is false, and the last step of a loop without ++ may be a step of 0.
function is_endless(first, last, operator) {
	return head ~ /for|while/ && (operator == "&&" ||
		text_of(first, last) !~ /\+\+|--/ && operator ~ /[<=>]/)
}

# N + 1 and N - 1, unless the other relation does the same: x < N + 1 is x <= N.
function constant(t,	before, decimal) {
	before = tok[t - 1]
	decimal = tok[t] ~ /^(0|[1-9][0-9]*)$/
	if (before != "<" && before != ">=")
		mutant("plus", t, t, decimal ? tok[t] + 1 : "(" tok[t] " + 1)")
	if (before != "<=" && before != ">" && tok[t] !~ /^0[UL]*$/)
		mutant("minus", t, t, decimal ? tok[t] - 1 : "(" tok[t] " - 1)")
}

# The first token of the condition before the "?" at t.
function condition(t) {
	while (tok[--t] !~ /^([-+*\/%&|^]?=|<<=|>>=|[,;?:({[]|return)$/)
		if (pair[t])
			t = pair[t]
	return t + 1
}

# Negates tokens, unless they are one == or !=, which has got the other relation already.
function negated(first, last,	t, equal, more) {
	for (t = first; t <= last; t++) {
		if (pair[t])
			t = pair[t]
		equal += tok[t] ~ /^[!=]=$/
		more += tok[t] ~ /^(&&|\|\||\?)$/
	}
	if (equal != 1 || more)
		around("negated", "!", first, last)
}

function around(kind, operator, first, last) {
	mutant(kind, first, last, operator "(" text_of(first, last) ")")
}

function text_of(first, last) {
	return substr(source, at[first], at[last] + length(tok[last]) - at[first])
}

# Prints the mutant that has text in place of some tokens of the statement. As many tokens
# around the statement are in FROM as make it unique in the source.
function mutant(kind, first, last, text,	l, r, end, change) {
	end = at[last] + length(tok[last])
	text = substr(source, at[s_first], at[first] - at[s_first]) text \
		substr(source, end, at[s_last] + length(tok[s_last]) - end)
	change = text_of(s_first, s_last) " -> " text
	if (seen[change]++)
		change = change " #" seen[change]
	l = s_first
	r = s_last
	while (!is_once(text_of(l, r))) {
		if (l > 1)
			l--
		if (r < n && !is_once(text_of(l, r)))
			r++
	}
	printf "%s\t%s\t%s%s%s\t%s\n", kind, text_of(l, r),
		substr(source, at[l], at[s_first] - at[l]), text,
		substr(text_of(l, r), at[s_last] + length(tok[s_last]) - at[l] + 1), change
}

function is_once(text,	where) {
	where = index(source, text)
	return !index(substr(source, where + 1), text)
}
