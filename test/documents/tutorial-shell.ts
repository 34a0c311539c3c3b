/**
 * What a test puts in place of a person. A market maker runs until it has quoted both sides, and then gets
 * Ctrl-C. `npx node` is the Node of this test, and the virtual environment is the one that the machine has.
 */
export const TUTORIAL_SHELL = `
export PIP_DISABLE_PIP_VERSION_CHECK=1
until_quoted() {
  "$@" >bot.log 2>&1 &
  for try in $(seq 300); do
    if grep -q ' buy ' bot.log && grep -q ' sell ' bot.log; then break; fi
    sleep 0.1
  done
  kill -INT $!
  wait $!
  cat bot.log
}
export -f until_quoted
npx() {
  if [[ $2 == */market-maker.ts ]]; then until_quoted "$NODE" "$2"; else "$NODE" "\${@:2}"; fi
}
python3() {
  if [[ \${2:-} != venv ]]; then "$PYTHON" "$@"; return; fi
  mkdir -p "$3/bin"
  cat >"$3/bin/python" <<'END'
#!/usr/bin/env bash
if [[ $1 == -m ]]; then exec "$PYTHON" "$@"; else until_quoted "$PYTHON" "$@"; fi
END
  chmod +x "$3/bin/python"
}
`;
