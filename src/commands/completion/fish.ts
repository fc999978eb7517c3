import { ASK } from '../../cli/completion/ask.ts';

export const fish = `# fish completion for kycgenie
function __kycgenie_complete
    set -l sent (commandline -opc)
    set -e sent[1]
    set -l current (commandline -ct | string replace -ra '[\\\\\\\\\\'"]' '')
    set -l directive words
    for line in (command kycgenie ${ASK} $sent "$current" 2>/dev/null)
        if string match -q ':*' -- $line
            set directive (string sub -s 2 -- $line)
        else
            printf '%s\\n' $line
        end
    end

    set -l lead (string match -r -- '^--[^=]*=' "$current")
    set -l path (string replace -r -- '^--[^=]*=' '' "$current")
    set -l found
    switch $directive
        case files
            set found (__fish_complete_path "$path")
        case folders
            set found (__fish_complete_directories "$path" '')
        case @files
            set lead "$lead@"
            set found (__fish_complete_path (string replace -r '^@' '' -- "$path"))
    end
    for file in $found
        printf '%s\\n' "$lead$file"
    end
end

complete -c kycgenie -f -k -a '(__kycgenie_complete)'
`;
