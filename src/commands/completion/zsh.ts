import { ASK } from '../../cli/completion/ask.ts';

/** Works as a file of fpath and when it is read with source. */
export const zsh = `#compdef kycgenie
_kycgenie() {
  local line value directive=words tab=$'\\t'
  local -a sent lines described
  local -i i

  for ((i = 2; i < CURRENT; i++)); do sent+=("\${(Q)words[i]}"); done
  sent+=("\${(Q)PREFIX}")
  lines=("\${(@f)$(command kycgenie ${ASK} "\${sent[@]}" 2>/dev/null)}")
  for line in "\${lines[@]}"; do
    case $line in
      '') ;;
      :*) directive=\${line#:} ;;
      *$tab*)
        value=\${line%%$tab*}
        described+=("\${value//:/\\\\:}:\${line#*$tab}")
        ;;
      *) described+=("\${line//:/\\\\:}") ;;
    esac
  done

  local -a space
  [[ $directive == nospace ]] && space=(-S '')
  (( \${#described} )) && _describe -V -t values kycgenie described "\${space[@]}"

  case $directive in
    files | folders | @files)
      [[ $PREFIX == --*=* ]] && compset -P '*='
      [[ $directive == @files ]] && compset -P '@'
      if [[ $directive == folders ]]; then _files -/; else _files; fi
      ;;
  esac
}

if [[ $funcstack[1] == _kycgenie ]]; then
  _kycgenie "$@"
else
  compdef _kycgenie kycgenie
fi
`;
