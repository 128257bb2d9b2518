#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The C sources are as clang-format leaves them.
. "$(dirname "$0")/../lib/tap.sh"
need clang-format
version=$(clang-format --version | grep -oE '[0-9]+' | head -n 1)
[ "$version" = 14 ] || skip_all "clang-format $version formats differently; version 14 decides"

mapfile -t files < <(tree_files '*.c' '*.h')
[ "${#files[@]}" -gt 20 ] || bail_out "the tree has sources" "${#files[@]} found"
bad=$(for f in "${files[@]}"; do
	clang-format --dry-run -Werror "$f" >/dev/null 2>&1 || echo "$f"
done)
is "$bad" "" "${#files[@]} C files are formatted (make format)"
done_testing
