#!/bin/sh
# Gradescope runs this script once, as root, when it builds the autograder's image (Ubuntu or Debian).
set -eu
autograder=${AUTOGRADER:-/autograder}
apt-get update
apt-get install --yes --no-install-recommends ca-certificates curl g++ python3

# Not in root's home: the compiler runs as an ordinary user.
export CARGO_HOME="${CARGO_HOME:-/opt/cargo}" RUSTUP_HOME="${RUSTUP_HOME:-/opt/rustup}"
export PATH="$CARGO_HOME/bin:$PATH"
command -v cargo >/dev/null || curl --proto '=https' --silent --show-error --fail https://sh.rustup.rs |
    sh -s -- -y --no-modify-path --profile minimal --default-toolchain 1.95.0

cd "$autograder/source/course"
cargo build --locked --package check --package proof
chown --recursive 1001:1001 target # The user of check-in-container.
