import { ASK } from '../../cli/completion/ask.ts';

/** For bash 3.2 and later, with or without the package bash-completion. */
export const bash = `# bash completion for kycgenie
_kycgenie() {
  local rest=$COMP_LINE word= part= lead= quote= description= directive=words tab=$'\\t'
  local -a sent=() values=() texts=()
  local i end longest=0 room

  # Bash breaks words at characters such as = : and @ too: what no blank separates is one word to the tool.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    part=\${COMP_WORDS[i]}
    if ((i == 0)) || [[ $rest == [[:blank:]]* ]]; then
      if ((i > 1)); then sent+=("$word"); fi
      word=
      rest=\${rest#"\${rest%%[![:blank:]]*}"}
    fi
    word+=$part
    rest=\${rest#"$part"}
  done

  # Up to the cursor only.
  end=$((\${#COMP_LINE} - \${#rest}))
  if ((end > COMP_POINT && end - COMP_POINT <= \${#word})); then
    word=\${word:0:\${#word} - (end - COMP_POINT)}
  fi
  # What readline leaves as it is: all before the last break, except that it takes @ for a part of the word.
  part=$2
  case $part in '=' | ':') part= ;; esac
  if [[ $word == *"$part" ]]; then lead=\${word%"$part"}; fi
  lead=\${lead//[\\'\\"\\\\]/}
  case $word in \\'* | \\"*) quote=\${word:0:1} ;; esac
  sent+=("$word")
  for ((i = 0; i < \${#sent[@]}; i++)); do sent[i]=\${sent[i]//[\\'\\"\\\\]/}; done
  word=\${sent[\${#sent[@]} - 1]}

  while IFS= read -r part; do
    case $part in
      :*) directive=\${part#:} ;;
      *)
        description=
        if [[ $part == *"$tab"* ]]; then description=\${part#*"$tab"}; fi
        part=\${part%%"$tab"*}
        part=\${part#"$lead"}
        if [[ -z $part ]]; then continue; fi
        # Inside quotes it may stand as it is.
        if [[ -z $quote ]]; then printf -v part '%q' "$part"; fi
        values+=("$part") texts+=("$description")
        if ((\${#part} > longest)); then longest=\${#part}; fi
        ;;
    esac
  done < <(command kycgenie ${ASK} "\${sent[@]}" 2>/dev/null)

  COMPREPLY=()
  room=$((\${COLUMNS:-80} - longest - 4))
  for ((i = 0; i < \${#values[@]}; i++)); do
    part=\${values[i]}
    # 37 and 42 put every candidate on the line: no place for a description.
    if ((\${#values[@]} > 1 && room > 8)) && [[ -n \${texts[i]} && $COMP_TYPE != 37 && $COMP_TYPE != 42 ]]; then
      printf -v part "%-\${longest}s  (%s)" "$part" "\${texts[i]:0:room}"
    fi
    COMPREPLY+=("$part")
  done

  case $directive in
    nospace) compopt -o nospace 2>/dev/null ;;
    files | folders | @files)
      part=$word
      case $part in --*=*) part=\${part#*=} ;; esac
      end=\${word%"$part"}
      if [[ $directive == @files ]]; then part=\${part#@} end=$end@; fi
      room=-f
      if [[ $directive == folders ]]; then room=-d; fi
      while IFS= read -r part; do
        part=$end$part
        COMPREPLY+=("\${part#"$lead"}")
      done < <(compgen "$room" -- "$part")
      compopt -o filenames 2>/dev/null
      ;;
  esac
  compopt -o nosort 2>/dev/null
  return 0
}
complete -F _kycgenie kycgenie
`;
