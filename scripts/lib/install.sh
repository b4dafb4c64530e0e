# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For the scripts that look at what `meson install` makes: installs the build
# into $tree and points pkg-config at it, beside what assert.sh has.

. "$(dirname "${BASH_SOURCE[0]}")/assert.sh"

: "${BUILD:=$build}"
require_program meson pkg-config

tree=$work/tree
meson install -C "$BUILD" --no-rebuild --quiet --destdir "$tree" >"$work/install.log" 2>&1 ||
	fail "meson install into a DESTDIR"
ok "meson install into a DESTDIR"

# Where in the tree a file of this name is.
installed()
{
	local found

	found=$(find "$tree" -name "$1" ! -type d)
	[ -n "$found" ] || fail "$1 is installed"
	echo "$found"
}

# In its place as if the tree were the root of the system.
PKG_CONFIG_PATH=$(dirname "$(installed baton.pc)")
PKG_CONFIG_SYSROOT_DIR=$tree
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR

# For the script that sources this.
# shellcheck disable=SC2034
library_dir=$(dirname "$(installed libbaton.a)")
# shellcheck disable=SC2034
header_dir=$(dirname "$(installed baton.h)")
