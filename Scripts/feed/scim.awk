# Part of feed/scim beside it, which says what it is for: whom to look at, and what should be of each.
#
# From the lines of the feed, nine fields between tabs (name and address as JSON), it prints
# "RANK SEQ ACCOUNT SEQ URGENT OF PERSON" for each of those whose turn it may be. OF are those whose
# lines it is about, themselves or another who has or had their mailbox, and SEQ the first of these
# lines that is not acknowledged. The others, who come later, are a line of those who lose something or
# whose day has come and one of those who do not, with "-" for a person.
# `ahead` is a file of who is done ahead of the acknowledged line: "line" or "day", account, value.
BEGIN {
  FS = "\t"
  while ((getline < ahead) > 0) {
    if ($1 == "line") aheadLine[$2] = $3
    else aheadDay[$2] = $3
  }
}

# Strings, also where they look like numbers.
function isLater(one, other) { return one "" > other "" }
function least(one, other) { return one == "" || other != "" && other + 0 < one + 0 ? other : one }
function rank(account) { return account in loses ? 1 : account in begins ? 2 : 3 }
function note(request, account, seq, isHeld,    isNew, isBegun, day) {
  isNew = seq != "" && lastSeq[request] + 0 > aheadLine[account] + 0
  day = isLater(aheadDay[account], since) ? aheadDay[account] : since
  isBegun = isHeld && !isNew && isLater(from[request], day)
  if (all != "true" && !isNew && !isBegun) return
  if (!(account in isDue)) {
    isDue[account] = 1
    due[++dues] = account
  }
  if (seq != "") first[account] = least(first[account], seq)
  if (isBegun) begins[account] = 1
  if (!isHeld || account != owner[request]) loses[account] = 1
}

{
  request = $3
  account = $4
  if (!(account in box)) people[++persons] = account
  box[account] = $8 == "null" || $8 == "\"\"" ? "" : $8
  name[account] = $9
  email[account] = $8
  lineAccount[NR] = account
  lineBox[NR] = box[account]
  if (!(request in owner)) requests[++asked] = request
  if (!((request, account) in isOf)) {
    isOf[request, account] = 1
    accounts[request] = accounts[request] " " account
  }
  if ($1 + 0 > acknowledged + 0 && !(request in unacknowledged)) unacknowledged[request] = $1
  lastSeq[request] = $1
  owner[request] = account
  role[request] = $5
  from[request] = $6
  held[request] = $2 != "ended" && !isLater($6, now) && ($7 == "" || !isLater(now, $7))
}

END {
  for (i = 1; i <= asked; i++) {
    request = requests[i]
    if (all != "true" && !(request in unacknowledged) \
      && !(held[request] && isLater(from[request], since))) continue
    count = split(accounts[request], some, " ")
    for (j = 1; j <= count; j++)
      note(request, some[j], unacknowledged[request], held[request])
  }
  # Who loses something comes first, then whose day has come, then all others in their order.
  for (r = 1; r <= 3; r++)
    for (i = 1; i <= dues; i++) {
      account = due[i]
      if (rank(account) != r) continue
      if (all == "true" || chosen < most) {
        chosen++
        isFirst[account] = 1
      } else {
        urgent = r < 3 ? "true" : "false"
        later[urgent, ++laters[urgent]] = account
        laterSeq[urgent] = least(laterSeq[urgent], first[account])
      }
    }
  # Who of them has or had a mailbox; and whose it is, the first account that holds something.
  for (i = 1; i <= NR; i++)
    if (lineAccount[i] in isFirst && lineBox[i] != "" && !((lineBox[i], lineAccount[i]) in isTouched)) {
      isTouched[lineBox[i], lineAccount[i]] = 1
      touched[lineBox[i]] = touched[lineBox[i]] " " lineAccount[i]
    }
  for (i = 1; i <= asked; i++) {
    request = requests[i]
    mailbox = box[owner[request]]
    if (!held[request] || !(mailbox in touched)) continue
    who[mailbox] = least(who[mailbox], owner[request])
    if (role[request] == "admin") isAdmin[mailbox] = 1
    else isGeneral[mailbox] = 1
  }
  for (i = 1; i <= persons; i++) {
    account = people[i]
    mailbox = box[account]
    of = touched[mailbox]
    if (account in isFirst && !((mailbox, account) in isTouched)) of = of " " account
    count = split(of, some, " ")
    if (count == 0) continue
    seq = ""
    isLosing = isBeginning = 0
    for (j = 1; j <= count; j++) {
      seq = least(seq, first[some[j]])
      if (some[j] in loses) isLosing = 1
      if (some[j] in begins) isBeginning = 1
      of = j == 1 ? some[1] : of "," some[j]
    }
    roles = ""
    if (mailbox != "" && who[mailbox] == account) {
      if (mailbox in isAdmin) roles = "\"admin\""
      if (mailbox in isGeneral) roles = roles (roles == "" ? "" : ",") "\"general\""
    }
    if (roles == "") isLosing = 1
    urgent = isLosing || isBeginning ? "true" : "false"
    print isLosing ? 1 : isBeginning ? 2 : 3, seq == "" ? 0 : seq, account, seq == "" ? "null" : seq, urgent, of,
      "{\"account\":" account ",\"of\":[" of "],\"email\":" email[account] ",\"name\":" name[account] \
      ",\"roles\":[" roles "],\"begins\":" (isBeginning ? "true" : "false") "}"
  }
  tell("true")
  tell("false")
}

function tell(urgent,    i) {
  if (!(urgent in laters)) return
  printf "4 0 - %s %s", laterSeq[urgent] == "" ? "null" : laterSeq[urgent], urgent
  for (i = 1; i <= laters[urgent]; i++) printf "%s%s", i == 1 ? " " : ",", later[urgent, i]
  print ""
}
