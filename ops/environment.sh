# shellcheck shell=sh
# Sourced by run, test, check and .ci/run, which set `root`: makes "$root/.venv" from a lock file.
#
# .venv/.izin-run and .venv/.izin-dev name the lock content and the Python for which everything is
# installed. They go before an installation and come back after it, so that what an interruption
# leaves behind is made anew. An environment for dev serves run too: same versions, more packages.

# shellcheck disable=SC2154
venv=$root/.venv

# ensure_environment run|dev: returns once .venv holds the packages of that lock file.
ensure_environment() {
    is_ready "$1" && return
    find_python || exit 1
    if ! (mkdir -p "$venv" && : >>"$venv/.izin-lock") 2>/dev/null; then
        say "$venv yazılamıyor; klasörün sahibi olan kullanıcıyla bir kez çalıştırın." \
            "$venv cannot be written; run this once as the user who owns the folder."
        exit 1
    fi
    # The lock belongs to the open file, so the kernel drops it however this subshell ends. (.lock
    # in the same folder is uv's own.)
    (
        "$python" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)' || exit 1
        is_ready "$1" || build "$1"
    ) 9>>"$venv/.izin-lock" || exit 1
}

is_ready() {
    [ -r "$venv/.izin-$1" ] && [ "$(cat "$venv/.izin-$1")" = "$(fingerprint "$1")" ]
}

# What the stamp of run|dev must say. Starting the interpreter also shows that it still is there.
fingerprint() {
    "$venv/bin/python" -I -S -c 'import sys; print(sys.implementation.cache_tag)' 2>/dev/null || return
    case $1 in
        run) sha256 "$root/requirements.lock" ;;
        dev) sha256 "$root/requirements.lock" "$root/requirements-dev.lock" ;;
    esac
}

sha256() {
    if command -v sha256sum >/dev/null; then cat "$@" | sha256sum; else cat "$@" | shasum -a 256; fi
}

# Sets `python`. The named versions come first: the locked packages have wheels for them.
find_python() {
    without_venv=
    for name in python3.11 python3.12 python3.13 python3.14 python3; do
        python=$("$name" -c 'import sys; sys.version_info >= (3, 11) and print(sys.executable)' \
            2>/dev/null) || continue
        [ -n "$python" ] || continue
        if has_uv || "$python" -c 'import ensurepip, venv' 2>/dev/null; then return; fi
        without_venv=$python
    done
    if [ -n "$without_venv" ]; then
        say "$without_venv için venv modülü eksik. Debian/Ubuntu: apt-get install python3-venv" \
            "$without_venv lacks its venv module. Debian/Ubuntu: apt-get install python3-venv"
    else
        say "Python 3.11 ya da daha yenisi bulunamadı; kurun ve yeniden deneyin." \
            "Python 3.11 or newer was not found; install it and try again."
    fi
    return 1
}

# Runs uv, since a shim of that name may stand on PATH with nothing behind it.
has_uv() {
    uv --version >/dev/null 2>&1
}

build() {
    say "Çalışma ortamı hazırlanıyor (.venv), bir dakika sürebilir …" \
        "Preparing the environment (.venv), this may take a minute …"
    case $1 in
        run) lock=requirements.lock ;;
        dev) lock=requirements-dev.lock ;;
    esac
    # A complete environment for run is only added to: a server may be running from it.
    if [ "$1" = dev ] && [ ! -e "$venv/.izin-dev" ] && is_ready run; then
        rm -f "$venv/.izin-run"
    else
        empty
    fi
    # Without a home folder there is no place for a cache.
    [ -w "${HOME:-/nonexistent}" ] || export UV_NO_CACHE=1 PIP_NO_CACHE_DIR=1
    cd "$root" || return
    if ! { has_uv && with_uv; }; then
        with_pip || {
            say "Paketler kurulamadı (neden yukarıda); sonraki çalıştırma baştan dener." \
                "The packages could not be installed (reason above); the next start tries again."
            return 1
        }
    fi
    [ "$1" = run ] || fingerprint run >"$venv/.izin-run"
    fingerprint "$1" >"$venv/.izin-$1"
}

empty() {
    rm -f "$venv/.izin-run" "$venv/.izin-dev"
    find "$venv" -mindepth 1 -maxdepth 1 ! -name .izin-lock -exec rm -rf {} +
}

with_uv() {
    export UV_PYTHON_DOWNLOADS=never
    if { [ -x "$venv/bin/python" ] || uv venv --quiet --allow-existing --python "$python" "$venv"; } &&
        # Compiled as pip does it: whoever starts us later may not be allowed to write there.
        uv pip install --quiet --compile-bytecode --python "$venv/bin/python" --require-hashes \
            --requirements "$lock" >&2
    then return; fi
    say "uv kuramadı; pip deneniyor." "uv could not install; trying pip."
    empty
    return 1
}

with_pip() {
    [ -x "$venv/bin/python" ] || "$python" -m venv "$venv" >&2 || return
    # An environment made by uv has no pip.
    "$venv/bin/python" -m pip --version >/dev/null 2>&1 ||
        "$venv/bin/python" -m ensurepip >&2 || return
    PIP_DISABLE_PIP_VERSION_CHECK=1 "$venv/bin/python" -m pip install -qq --no-input \
        --require-hashes --requirement "$lock" >&2
}

# say TURKISH ENGLISH
say() {
    printf 'izin: %s\n' "$1" "$2" >&2
}
