# CHANGELOG.md (Keep a Changelog) as changelog.Debian: an entry a version, a bracket a heading, a
# star a point, folded at 76 columns. What is not released yet counts as the version of the program.
function flush_point(  count, words, line, i) {
  if (point == "") return
  count = split(point, words, " ")
  line = "  *"
  for (i = 1; i <= count; i++) {
    if (length(line) + 1 + length(words[i]) > 76 && line !~ /^ *\*?$/) {
      print line
      line = "   "
    }
    line = line " " words[i]
  }
  print line
  point = ""
}
function end_entry() {
  flush_point()
  if (version == "" || !points) return
  printf "\n -- %s  ", maintainer
  fflush()
  system("LC_ALL=C date -u -R -d '" day "'")
  print ""
}
/^## \[/ {
  end_entry()
  split($2, part, /[][]/)
  version = part[2] == "Unreleased" ? now : part[2]
  day = NF > 2 ? $NF : today
  points = 0
  next
}
version == "" { next }
/^### / { flush_point(); heading = substr($0, 5); next }
/^- / {
  flush_point()
  if (!points++) printf "iauth (%s-%s) unstable; urgency=medium\n\n", version, revision
  if (heading != "") { printf "%s  [ %s ]\n", (points == 1 ? "" : "\n"), heading; heading = "" }
  point = substr($0, 3)
  next
}
/^  / && point != "" { point = point " " $0; next }
/^\[.*\]: / { next }
END { end_entry() }
