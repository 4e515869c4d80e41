#compdef lotmint
# zsh completion of lotmint, made by "npm run reference".
# Load it after compinit with: source <(lotmint completion zsh)
_lotmint_rows='
@ROWS@
'

# Sets kind to what the row of a command ($1) and a word ($2) says, or to nothing.
_lotmint_kind() {
  local row
  for row in ${(f)_lotmint_rows}; do
    if [[ ( ${row%%|*} == "$1" || ${row%%|*} == '*' ) && ${${row#*|}%%|*} == "$2" ]]; then
      kind=${row##*|}
      return 0
    fi
  done
  kind=
  return 1
}

_lotmint() {
  emulate -L zsh
  setopt extended_glob null_glob
  local line_command='' wants='' kind='' word row home=${LOTMINT_HOME:-.}
  local -i i place=1
  local -a found
  for (( i = 2; i < CURRENT; i++ )); do
    word=${words[i]}
    if [[ -n $wants ]]; then
      [[ $wants == --home ]] && home=${word/#\~/$HOME}
      wants=
    elif [[ $word == --home=* ]]; then
      home=${${word#*=}/#\~/$HOME}
    elif [[ $word == -* ]]; then
      [[ $word != *=* ]] && _lotmint_kind "$line_command" "$word" && [[ $kind != flag ]] && wants=$word
    elif _lotmint_kind "$line_command" "$word" && [[ $kind == command ]]; then
      line_command=${line_command:+$line_command }$word
    else
      place+=1
    fi
  done
  word=${words[CURRENT]}
  if [[ -n $wants ]]; then
    _lotmint_kind "$line_command" "$wants"
  elif [[ $word == --*=* ]]; then
    _lotmint_kind "$line_command" "${word%%=*}"
    compset -P '*='
  elif [[ $word == -* ]]; then
    kind=options
  else
    _lotmint_kind "$line_command" "$place" || _lotmint_kind "$line_command" '*' || kind=commands
  fi
  case $kind in
    options)
      for row in ${(f)_lotmint_rows}; do
        [[ ( ${row%%|*} == "$line_command" || ${row%%|*} == '*' ) && ${row#*|} == --* ]] && found+=(${${row#*|}%%|*})
      done
      compadd -a found
      ;;
    commands)
      for row in ${(f)_lotmint_rows}; do
        [[ ${row%%|*} == "$line_command" && ${row##*|} == command ]] && found+=(${${row#*|}%%|*})
      done
      compadd -a found
      ;;
    authority)
      found=($home/state/authorities/[^%]#(/:t))
      compadd -a found
      ;;
    lot)
      found=($home/output/[^%]#(/:t))
      compadd -a found
      ;;
    job)
      found=($home/jobs/*.(yaml|yml)(.:t:r))
      compadd -a found
      _files
      ;;
    file) _files ;;
    folder) _files -/ ;;
    '='*)
      found=(${(s: :)kind#=})
      compadd -a found
      ;;
  esac
}

if [[ ${funcstack[1]} == _lotmint ]]; then
  _lotmint "$@"
else
  compdef _lotmint lotmint
fi
