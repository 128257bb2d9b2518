#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The pages are clean mdoc and, with the completion, agree with the programs.
. "$(dirname "$0")/../lib/tap.sh"
need mandoc

pages=(userspace/man/*.[1-8])
[ -e "${pages[0]}" ] || bail_out "there are pages"
for page in "${pages[@]}"; do
	ok "mandoc -Tlint $page" mandoc -Tlint -W warning "$page"
done

# Every command of the client is in its page and in the completion.
commands=$("$B/whodid" help 2>/dev/null | awk '/^  [a-z]/ { print $1 }' | sort -u)
[ "$(wc -w <<<"$commands")" -ge 8 ] || bail_out "whodid help lists its commands" "$commands"
for c in $commands; do
	ok "whodid.1 describes $c" grep -qE "^\.(It|Ss|Ic|Cm|Sh).*\b$c\b" userspace/man/whodid.1
	ok "the completion knows $c" grep -qw "$c" userspace/etc/bash_completion
	ok "whodid help $c works without a daemon" "$B/whodid" help "$c"
done
for option in --root --set --hooks --for --record --replay; do
	ok "whodidd.8 describes $option" grep -qF -- "${option#--}" userspace/man/whodidd.8
done
# Every setting in force is in the page of the settings file, and the shipped file is the default.
page=userspace/man/whodid.yaml.5
if [ -e "$page" ]; then
	while read -r key; do
		ok "$page describes $key" grep -qw -- "${key#*.}" "$page"
	done < <("$B/tools/print-document" settings)
else
	fail "there is a page for the settings"
fi
is "$("$B/tools/print-document" config)" "$(cat userspace/etc/whodid.yaml)" "userspace/etc/whodid.yaml is what the table prints"
done_testing
