#!/bin/sh
# Distances by OSRM for the comparison in tests/test_distance_osrm.py. Builds an environment of its own, uses it and removes it.
#   benchmarks/osrm/make_table.sh [FOLDER WITH andorra.osm.pbf AND liechtenstein.osm.pbf]
# Needs Python 3.12 or newer: $PYTHON312, or the first that the PATH has.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
extracts=${1:-$root/../shared/data/osm_extracts}

python=
for candidate in "${PYTHON312:-}" python3.12 python3.13 python3.14 python3; do
    # Asked to run, not only found: a shim of a version manager may be on the PATH without an interpreter behind it.
    if [ -n "$candidate" ] && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "make_table.sh: no Python 3.12 or newer; name one in PYTHON312" >&2
    exit 1
fi
if [ ! -d "$extracts" ]; then
    echo "make_table.sh: no folder $extracts" >&2
    exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
"$python" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check osrm-bindings==26.10.0 'osmium>=4.2'

mkdir -p "$root/tests/data"
# Andorra's file has one school: the churches stand in, as in tests/test_distance_oracle.py.
"$work/venv/bin/python" "$here/table.py" "$extracts/andorra.osm.pbf" "$root/tests/data/osrm-andorra.csv" \
    --work "$work" --amenity school place_of_worship
"$work/venv/bin/python" "$here/table.py" "$extracts/liechtenstein.osm.pbf" "$root/tests/data/osrm-liechtenstein.csv" \
    --work "$work"
