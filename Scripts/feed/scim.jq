# Part of feed/scim beside it, which says what it is for.
#
# The next step of all that are at work, from the answers to the last one, each followed by its
# number, its status, curl's own and Retry-After. It prints lines of S, the state; R, what to ask;
# D, who is done; T, how many more it took; W, how long to wait; X, why it is of no use.
def patch: {schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations: .};
def made($what): .schemas = ["urn:ietf:params:scim:schemas:core:2.0:\($what)"];
def sought: {look: ["Users", "externalId", .key], name: ["Users", "userName", .email],
  seek: ["Groups", "displayName", .group]}[.step];
# What a user of ours consists of: attributes that are null stay as they are.
def shape: {externalId: .key, active, roles: .values} + if .active then {userName: .email,
  displayName: .name, emails: [{value: .email, type: "work", primary: true}]} else {} end;
# People look, by their name if need be, free it from another of ours that has it, are made or
# changed, gather before their groups, wait for them, and may be deleted, or undone if they could
# not be found again; groups seek their id, and may be created; `join` changes a group.
def request: .step as $step
  | if sought then sought as [$what, $name, $value] | ["GET",
      "/\($what)?filter=\("\($name) eq \($value | tojson)" | @uri)" +
        if $what == "Groups" then "&excludedAttributes=members" else "" end]
    elif $step == "free" then ["PATCH", .place,
      ([{op: "replace", path: "userName", value: "\(.other)@iauth.invalid"}] | patch)]
    elif $step == "make" then ["POST", "/Users", (shape | made("User"))]
    elif $step == "change" then ["PATCH", .place, (.changes | patch)]
    elif $step == "delete" or $step == "undo" then ["DELETE", .place]
    elif $step == "create" then ["POST", "/Groups", ({displayName: .group} | made("Group"))]
    elif $step == "join" then ["PATCH", .place, ([([.people[] | select(.belongs) | {value: .id}]
        | select(. != []) | {op: "add", path: "members", value: .}), (.people[]
          | select(.belongs | not) | {op: "remove", path: "members[value eq \(.id | tojson)]"})]
      | patch)]
    else null end;
def at($user): .id = $user.id | .place = "/Users/\($user.id | @uri)";
# Beside the user that the server has.
def compared($user): shape as $new
  # Roles that are not ours stay.
  | ([$user.roles[]? | select(.value as $v | $map[0] | all(.kind != "role" or .value != $v))]
    + ($new.roles // [])) as $roles
  | at($user)
  | .changes = [($new | del(.roles) | to_entries[] | select(.value != null)
      | select(.key as $k | .value != ($user[$k] | if type == "array"
        then map({value, type, primary}) else . end)) | {op: "replace", path: .key, value}),
    (if ($roles | map(.value) | sort) == ([$user.roles[]?.value] | sort) then empty
      elif $roles == [] then {op: "remove", path: "roles"}
      else {op: "replace", path: "roles", value: $roles} end)]
  | .step = if .changes == [] then "gather" else "change" end;
# Into the groups of its roles, and out of the others that a role has; a new one is in none.
def grouped: . as {$roles, $isNew}
  | .member = [$map[0] | map(select(.kind == "group")) | group_by(.value)[]
    | {group: .[0].value, belongs: any(.role as $r | $roles | index($r))}
    | select(.belongs or ($isNew | not))] | .left = (.member | length);
def ended: if .left > 0 then . else
  .step = if .active or $ended == "deactivate" then "done" else "delete" end end;
# Whoever makes or changes something looks first, each time: it may have been done.
def again: .tries += 1 | .at = $up + ([$pause * pow(2; .tries - 1), 60] | min)
  | .step = if .tries >= $tries then "failed" else
    {undo: "undo", create: "seek", seek: "seek", join: "join"}[.step] // "look" end;
# Whether what the server says of a user, if it says so, is what was asked for.
def isAsked($user): . as {$active, $values} | ($user.active? | . == null or . == $active)
  and ($user.roles? == null or ([$user.roles[]?.value | select(. as $v | $map[0] | any(.kind == "role"
    and .value == $v))] | unique) == ($values | map(.value)));
def answered($answer): .code = $answer.code | . as {$step, $code, $key, $taken}
  | $answer.body as $body | ($code >= 200 and $code < 300) as $well
  # A change is answered by nothing at all, or by what it has become.
  | ($code == 204 or $well and $body.id? == .id) as $changed
  | if ($code | . == 0 or . == 408 or . == 429 or . >= 500)
      or $code == 409 and ($step == "make" or $step == "create") then again
    elif $step == "join" then .step = if $changed or $code == 400 and $body.scimType? == "noTarget"
        and (.people | length == 1 and (.[0].belongs | not)) then "joined"
      elif .people[1] then "apart" else "failed" end
    elif $step == "undo" then .step = "failed" | .wrong = "the server keeps no externalId"
    elif $step == "delete" and $code == 204 then .step = "done"
    # Whatever else the answer shows is looked at again.
    elif ($step == "change" or $step == "make") and $well and (isAsked($body) | not) then again
    elif $step == "change" and $changed and ($taken | not) then .step = "gather" | grouped | ended
    elif $step == "change" and $code == 409 then .step = "name"
    # Whether it is gone, or was changed, is seen by looking.
    elif ($step | . == "change" or . == "delete" or . == "free") and ($well or $code == 404) then again
    elif $well | not then .step = "failed"
    elif $step == "create" and $body.id? then .id = $body.id | .step = "sought"
    elif $step == "make" and $body.id? then at($body) | .isNew = true
      | if $body.externalId == $key then .step = "gather" | grouped | ended else .step = "undo" end
    elif sought | not then again
    # Of what a search brought what was asked for, the very name first.
    else sought as [$_, $name, $value] | ($body.Resources? // []) as $all
      | ([$all[]? | select((.[$name]? | strings | ascii_downcase) == ($value | ascii_downcase))]
        | sort_by([.[$name] != $value, .id])[0]) as $found
      | ([$found.externalId | strings | select(test("^iauth-[0-9]+$") and . != $key)][0]) as $other
      | if $found == null and $all != [] then .step = "failed" | .code = "it finds the wrong ones"
        elif $step == "look" and ([$all[]? | select(.externalId? == $key).id] | unique | length > 1) then
          .step = "failed" | .code = "two users have one externalId"
        elif ([$body.totalResults?, ($all | length)] | map(numbers)[0]) != 0
          and $found == null or ($body | type) != "object" then again
        elif $step == "seek" then .id = $found.id | .step = if $found then "sought" else "create" end
        elif $step == "look" and $found then compared($found) | .taken = false
          | if .step == "gather" then grouped | ended else . end
        # Who never had anything there needs nothing taken away.
        elif $step == "look" then .id = null | .step = if .active then "name" else "done" end
        elif $other then at($found) | .other = $other | .step = "free"
        # Whoever had the name may have given it up meanwhile.
        elif .id and ($found == null or $found.externalId == $key) then again
        elif .id then .step = "failed" | .code = "the address is another user's there"
        elif .taken then .step = "failed" | .wrong = "the server keeps no externalId"
        elif $found then compared($found) | .taken = true
        else .step = "make" end
    end;
def due: .at <= $up and request != null;
def asked: to_entries | map(.key as $n | .value | request as [$method, $path, $body]
  | "config = \($conf | tojson)", "request = \"\($method)\"", "url = \($base + $path | tojson)",
    "header = \"Accept: application/scim+json\"", "header = \"Expect:\"",
    ($body | values | "header = \"Content-Type: application/scim+json\"",
      "data-binary = \(tojson | tojson)"),
    # On a connection that was used before, curl itself may ask twice.
    (if $method == "POST" then "header = \"Connection: close\"" else empty end),
    "http1.1", "silent", "globoff", "fail-early", "connect-timeout = 5", "max-time = 30",
    "proto = \"=https,http\"",
    "write-out = \"\u001e\($n) %{http_code} %{exitcode} %header{retry-after}\u001e\"", "next")
  | .[:-1][] | "R\(.)";
split("\u001e") | [range(0; length - 1; 2) as $i | {text: .[$i], said: (.[$i + 1] | split(" "))}]
| map({key: .said[0], value: {body: (.text | try fromjson catch null),
    code: (if .said[2] == "0" then .said[1] | tonumber else 0 end),
    # Seconds, or a date.
    after: (.said[3:] | join(" ") | try tonumber catch
      (try (strptime("%a, %d %b %Y %H:%M:%S GMT") | mktime - now) catch null))}})
| from_entries as $answers | map(.value) as $all | ($all | map(.code)) as $codes
| ($codes | map(select(. == 429 or . == 503)) | length) as $busy
| ($curl > 0 and all($codes[]; . == 0)) as $isDown | $state[0] as $before | $before
# As many at once as are answered within four seconds; how fast few are says nothing of many.
| ($up - .up) as $took
| .size = if $busy > 0 then [1, .size - $busy] | max
    elif .asked == 0 or $took > 2 and .asked * 2 < .size then .size
    elif $took > 4 then [1, (.asked * 4 / $took | floor)] | max
    elif $took > 2 then .size
    else [.size * 2, $batch] | min end
| .up = $up | .isOpen = (.isOpen or any($codes[]; . != 0 and . != 403))
| .until = ([.until, ($all[].after | numbers | $up + ([., 3600] | min)),
    (if $isDown then $up + $pause else 0 end)] | max)
# What curl did not come to is asked for anew; where it was killed, nobody knows.
| (reduce (.pool[:.asked][] | select(.step == "change").key) as $key ({}; .[$key] = true)) as $changed
| .pool |= [to_entries[] | .key as $n | .value | if $n >= $before.asked then .
    elif $answers["\($n)"] then answered($answers["\($n)"])
    elif $curl >= 128 or $all == [] then again else . end
  # Was seen before the other one changed.
  | if .step == "free" and $changed[.other] then .step = "look" else . end]
| [(.pool | if any(.step == "undo") then empty else .[].wrong | values end),
    (if .isOpen then $codes[] | select(. == 401) else $codes[] | select(. == 401 or . == 403) end
      | "the server does not let us in (\(.))")] as $wrong
| (reduce (.pool[] | select(.group and (.people | not))) as $one (.; .groups[$one.group] =
    if $one.step == "sought" then $one.id elif $one.step == "failed" then false else null end))
# When all who can have come to their groups, one change of each group.
| .groups as $ids
| if any(.pool[]; due) or any($ids[]; . == null) then . else
    [.pool[] | select(.step == "gather") | . as {$key, $id} | .member[] + {$key, $id}] as $members
    | .pool |= map(if .step != "gather" then . elif any(.member[]; $ids[.group] | not)
      then .step = "failed" else .step = "wait" end)
    | .pool += ($members | group_by(.group) | map($ids[.[0].group] as $id | select($id)
      | range(0; length; 200) as $i | {group: .[0].group, $id, place: "/Groups/\($id | @uri)",
        people: .[$i:$i + 200], step: "join", tries: 0, at: 0})) end
# It counts for each of them; one that was refused is tried for each alone.
| ([.pool[] | select(.people and (.step == "joined" or .step == "failed")) | . as {$step, $code}
    | .people[] | {key, $step, $code}] | group_by(.key) | map({key: .[0].key, value: {
      joined: length, failed: map(select(.step == "failed"))[0]}}) | from_entries) as $heard
| .pool |= map(if .step == "apart" then . as $one | .people[] as $person
      | $one + {people: [$person], step: "join"}
    elif .group then select(.step | . != "sought" and . != "joined" and . != "failed")
    elif $heard[.key] | not then .
    elif $heard[.key].failed then .code = $heard[.key].failed.code | .step = "failed"
    else .left -= $heard[.key].joined | ended end)
| .failed += [.pool[] | select(.step == "failed") | {account, code}]
| [.pool[] | select(.step == "done") | {account, of, begins}] as $done
| .pool |= map(select(.step != "done" and .step != "failed"))
# A server that wants to be left alone for longer than the turn, or than a minute, ends it.
| ((.taken == 0 or $up < $begun + $turn)
    and .until <= ([([$begun + $turn, $up + 60] | min), $up + 5] | max)) as $goes
| (if $goes and .until <= $up and all(.pool[]; due | not) then $more[:.size] else [] end) as $takes
| .taken += ($takes | length) | .pool += ($takes | map(. as {$account, $roles} | . + {
    key: "iauth-\($account)", active: ($roles != []), step: "look", tries: 0, at: 0,
    values: ([$map[0][] | select(.kind == "role" and (.role as $r | $roles | index($r))) | {value}]
      | unique)}))
# A name is freed before the other one gets its next.
| .pool |= sort_by(if due | not then 3 elif .step == "free" then 0 elif request[0] == "POST" then 1
    else 2 end)
| .asked = if .until > $up or $isDown and ($goes | not) then 0
    else [.size, ([.pool[] | select(due)] | length)] | min end
| (.pool[:.asked] | asked), ($done[] | "D\(tojson)"), "S\(tojson)", "T\($takes | length)",
  ($wrong[] | "X\(.)"),
  (select($goes and .asked == 0 and (.pool != [] or $more != []))
    | [.until, ([.pool[] | select(request) | .at] | min)] | max
    | if $before.taken == 0 then . else [., $begun + $turn] | min end
    | "W\([. - $up, 0.05] | max)")
