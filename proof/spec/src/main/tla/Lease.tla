-------------------------------- MODULE Lease --------------------------------
(****************************************************************************)
(* Leases, evictions and takeovers (core/membership: Membership, Timing).      *)
(*                                                                          *)
(* A node may run the one resource of this model only under a lease. A lease    *)
(* comes from a round on the voting disks (write the own block, then read      *)
(* everybody's, no eviction seen) or from all other members over the network   *)
(* (peer lease). It counts from before the round, or from before the asking,   *)
(* and ends in the kernel: a timer that kills cssd is armed before each pet of   *)
(* the watchdog. Who is voted out is replaced only after a proof that all of its  *)
(* life is over:                                                            *)
(*   F1 fenced, verified off           F2 it said STOPPED, or its next life did  *)
(*   F3 its machine booted anew         F4 timer: S, or D + S for a cold taker     *)
(*                                                                          *)
(* Abstractions. The view register is one atomic variable (ViewRegister); a      *)
(* block that is written is seen by every read that begins later (Flag); lives   *)
(* have distinct numbers (Incarnation). A node may pause between any two of its   *)
(* steps for any time, except that kernel and watchdog act in time on its own     *)
(* clock. There is one resource; the member `owner` of a view runs it.           *)
(*                                                                          *)
(* Time is counted in ticks, each node on its own clock. Two clocks never        *)
(* differ by more than Drift ticks, so over one wait they may gain or lose         *)
(* 2 Drift on each other; that is what (1 + rho)/(1 - rho) is for in Timing.      *)
(* "More than S" is counted in whole ticks, hence strictly.                    *)
(****************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets, TLC

CONSTANTS
    Node,
    First,          \* runs the resource at the beginning
    Members,        \* members of the first view
    L,              \* lease
    W,              \* watchdog
    Dogs,           \* S = L + Dogs * W + drift: 1 where a timer is armed before each pet; 2 for check, then pet
    PeerLimit,      \* D: how long peer leases may follow the last disk lease; 0: there are none
    Drift,
    MaxEpoch, MaxLife,
    (* Who may do what, to keep the models small. In the model "all" everybody may do everything. *)
    WithDisks,      \* the voting disks answer them
    Askers,         \* may ask for peer leases
    Evictors, Founders, Admitters,
    Restarters,     \* may boot, and their cssd may be started again
    Mortals,        \* their cssd may die at any time, and it may be started again within the lease
    Leavers,        \* may let go without being asked
    Fencers,        \* have a fence device
    Freezable,      \* may be frozen with their clocks and watchdogs: virtual machines
    Prompt,         \* finish a round in every tick (for the progress property)
    Broken          \* promises that are broken on purpose, see Promise

Promise == {
    "evict before taking over",             \* takeover on a stale block, without a committed eviction
    "announce before taking over",          \* the look need not follow the own announcement
    "look after announcing",                \* no look at all
    "wait for S",                           \* the timer proof without waiting
    "wait for drift",                       \* S without the factor for clocks
    "arm before the pet",                   \* check the lease, then pet
    "lease counts from the beginning",      \* from the end of the round
    "see the eviction",                     \* a round renews although it shows the eviction
    "frozen platforms have no timer proof",
    "peer leases count for the taker",      \* the short timer ignores answers given
    "a new member waits",                   \* the short timer ignores since when the taker is a member
    "a cold taker waits for D",
    "D bounds the peer lease",
    "all members must answer",
    "peer lease counts from the asking",    \* from the last answer
    "resume within the lease",
    "a new life begins after the old one",  \* a life is started beside what the old one runs
    "verify before STOPPED",
    "verify off before fenced",
    "proofs are for one life"}
ASSUME Broken \subseteq Promise
Keeps(promise) == promise \notin Broken

Max(x, y) == IF x > y THEN x ELSE y
Up(x, cap) == IF x < cap THEN x + 1 ELSE x
Down(x) == IF x > 0 THEN x - 1 ELSE 0

S == L + Dogs * W + (IF Keeps("wait for drift") THEN 2 * Drift ELSE 0)
PeerLeases == PeerLimit > 0
Takers == Evictors \cup Founders \cup (IF Keeps("evict before taking over") THEN {} ELSE Node)
CapSeen == S + PeerLimit + 1        \* beyond that waiting longer makes no difference
CapShort == S + 1

Off == W + 1                        \* the watchdog is not armed

VARIABLES
    views,      \* the committed views; the epoch is the index
    shown,      \* the newest epoch that anybody has announced on the voting disks
    node,       \* node[i]: what node i is and knows
    over,       \* lives of which it is proved that they are over, <<node, life>>: F1, F2, F3
    behind,     \* behind[i]: by how many ticks the clock of i is behind the fastest
    frozen      \* the nodes that are frozen now

vars == <<views, shown, node, over, behind, frozen>>

Never == [x \in Node |-> 0]
Unread(j) == [x \in Node |-> j \in Takers /\ x # j]

(* What node i is and knows:                                                 *)
(*   is       up: cssd runs; dead: cssd has ended, what it guarded may run; off *)
(*   life     its incarnation; runs: the life whose resource runs here, 0: none  *)
(*   epoch    the newest view it knows                                        *)
(*   round    the step of the round under way: idle, begun, written, read        *)
(*   age      ticks since the round began; carries: the epoch it announces        *)
(*   asking   a request for a peer lease is out; askAge: since when; answers       *)
(*   diskAge  ticks since the beginning of the last round that renewed           *)
(*   timer    ticks until the kernel kills cssd; guarded: timer and dog are armed   *)
(*   pet      armed, and the pet is due; dog: ticks until the reset, armed at start  *)
(*   looked   a round that announced the present epoch is complete               *)
(*   member   ticks since it became a member; seen: since a new block of x was first *)
(*   read; given: since it last answered x; unread: blocks written since it read      *)
Start(i, life) ==
    [is |-> "up", life |-> life, runs |-> 0, epoch |-> 0, round |-> "idle", age |-> 0, carries |-> 0,
     asking |-> FALSE, askAge |-> 0, answers |-> {}, diskAge |-> IF PeerLeases THEN PeerLimit + 1 ELSE 0,
     timer |-> 0, guarded |-> FALSE, pet |-> FALSE, dog |-> W, looked |-> FALSE,
     member |-> 0, seen |-> Never, given |-> Never, unread |-> Unread(i)]

Gone(i, life) == [Start(i, life) EXCEPT !.is = "off", !.dog = Off, !.unread = [x \in Node |-> FALSE]]

\* A member for long, that has just renewed.
Settled1(i) ==
    [Start(i, 1) EXCEPT !.epoch = 1, !.runs = IF i = First THEN 1 ELSE 0, !.timer = L, !.guarded = TRUE, !.dog = W,
                        !.diskAge = 0, !.looked = TRUE, !.unread = [x \in Node |-> FALSE],
                        !.member = IF PeerLeases /\ i \in Takers THEN CapShort ELSE 0]

Init ==
    /\ views = <<[members |-> [i \in Node |-> IF i \in Members THEN 1 ELSE 0], owner |-> First, unsettled |-> {}]>>
    /\ shown = 1
    /\ node = [i \in Node |-> IF i \in Members THEN Settled1(i) ELSE Gone(i, 1)]
    /\ over = {<<i, 0>> : i \in Node}       \* every node had an earlier life
    /\ behind = [i \in Node |-> 0]
    /\ frozen = {}

Newest == Len(views)
ViewOf(i) == views[node[i].epoch]
IsUp(i) == node[i].is = "up" /\ i \notin frozen
IsMember(i) == node[i].epoch > 0 /\ ViewOf(i).members[i] = node[i].life
HoldsLease(i) == node[i].guarded /\ node[i].timer > 0

Set(i, n) == node' = [node EXCEPT ![i] = n]
IsOver(i) == over' = over \cup {<<i, l>> : l \in 1..node[i].life}

\* A new view is known: the look and the answers of the old one count no more.
WithView(n, epoch) ==
    IF n.epoch = epoch THEN n
    ELSE [n EXCEPT !.epoch = epoch, !.looked = FALSE, !.asking = FALSE, !.askAge = 0, !.answers = {}]

----------------------------------------------------------------------------
(* The round: poll, announcement, look and renewal are one and the same *)

RoundBegins(i) ==
    /\ i \in WithDisks /\ IsUp(i) /\ node[i].round = "idle" /\ ~node[i].pet
    /\ i \in Prompt => node[i].timer < L \/ ~node[i].looked
    /\ Set(i, [node[i] EXCEPT !.round = "begun", !.age = 0, !.carries = node[i].epoch])
    /\ UNCHANGED <<views, shown, over, behind, frozen>>

RoundWrites(i) ==
    /\ IsUp(i) /\ node[i].round = "begun"
    /\ node' = [j \in Node |->
                    IF j = i THEN [node[i] EXCEPT !.round = "written"]
                    ELSE IF j \in Takers /\ node[j].is = "up" THEN [node[j] EXCEPT !.unread[i] = TRUE]
                    ELSE node[j]]
    /\ shown' = Max(shown, node[i].carries)
    /\ UNCHANGED <<views, over, behind, frozen>>

\* The read sees every block that was written before it, hence the newest view that was announced.
RoundReads(i) ==
    LET n == node[i]
        read == [n EXCEPT !.seen = [x \in Node |-> IF n.unread[x] THEN 0 ELSE n.seen[x]],
                          !.unread = [x \in Node |-> FALSE]]
        newest == IF Keeps("see the eviction") THEN Max(n.epoch, shown) ELSE n.epoch
        wasMember == IsMember(i)
        isMember == newest > 0 /\ views[newest].members[i] = n.life
        announced == n.carries = newest \/ ~Keeps("announce before taking over")
        joined == [WithView(read, newest) EXCEPT !.member = IF wasMember THEN n.member ELSE 0]
    IN
    /\ IsUp(i) /\ n.round = "written"
    /\ UNCHANGED <<views, shown, behind, frozen>>
    /\ IF isMember
       THEN \* The lease is renewed only in the epoch that the round announced.
            /\ IF announced
               THEN Set(i, [joined EXCEPT !.round = "read", !.looked = TRUE])
               ELSE Set(i, [joined EXCEPT !.round = "idle", !.age = 0, !.carries = 0])
            /\ UNCHANGED over
       ELSE IF wasMember \/ (newest > 0 /\ \E u \in views[newest].unsettled : u.node = i /\ u.life = n.life)
       THEN \* Voted out: stop everything, verify it, say STOPPED.
            Set(i, Gone(i, n.life)) /\ IsOver(i)
       ELSE \* Joining: the newest view is known, and it is not in it yet.
            Set(i, [WithView(read, newest) EXCEPT !.round = "idle", !.age = 0, !.carries = 0]) /\ UNCHANGED over

\* Arms the timer for the end of the lease. The pet is another step.
Armed(n, age) ==
    [n EXCEPT !.timer = Max(n.timer, L - age), !.guarded = TRUE, !.pet = TRUE]

RoundRenews(i) ==
    LET n == node[i]
        age == IF Keeps("lease counts from the beginning") THEN n.age ELSE 0
        done == [n EXCEPT !.round = "idle", !.age = 0, !.carries = 0]
    IN
    /\ IsUp(i) /\ n.round = "read"
    /\ IF age < L
       THEN Set(i, [Armed(done, age) EXCEPT !.diskAge = IF PeerLeases THEN n.age ELSE 0])
       ELSE Set(i, done)
    /\ UNCHANGED <<views, shown, over, behind, frozen>>

Pet(i) ==
    /\ IsUp(i) /\ node[i].pet
    /\ Set(i, [node[i] EXCEPT !.pet = FALSE, !.dog = IF node[i].guarded THEN W ELSE node[i].dog])
    /\ UNCHANGED <<views, shown, over, behind, frozen>>

----------------------------------------------------------------------------
(* The peer lease: every other member of the same view answers *)

Ask(i) ==
    /\ PeerLeases /\ i \in Askers /\ IsUp(i) /\ IsMember(i) /\ ~node[i].asking /\ ~node[i].pet /\ node[i].guarded
    /\ node[i].diskAge <= PeerLimit \/ ~Keeps("D bounds the peer lease")
    /\ Set(i, [node[i] EXCEPT !.asking = TRUE, !.askAge = 0, !.answers = {}])
    /\ UNCHANGED <<views, shown, over, behind, frozen>>

\* j answers i: both know the same view. (A member whose own rounds are in order declines; that only takes steps away.)
Answer(i, j) ==
    /\ i # j /\ IsUp(i) /\ IsUp(j) /\ node[i].asking /\ j \notin node[i].answers
    /\ node[i].epoch = node[j].epoch /\ IsMember(i) /\ IsMember(j)
    /\ node' = [node EXCEPT ![i].answers = @ \cup {j}, ![j].given[i] = 0]
    /\ UNCHANGED <<views, shown, over, behind, frozen>>

Asked(i) == {j \in Node \ {i} : ViewOf(i).members[j] # 0}

PeersRenew(i) ==
    LET n == node[i]
        enough == IF Keeps("all members must answer") THEN Asked(i) \subseteq n.answers
                  ELSE 2 * (Cardinality(n.answers) + 1) > Cardinality(Asked(i)) + 1
        age == IF Keeps("peer lease counts from the asking") THEN n.askAge ELSE 0
        inTime == n.diskAge <= PeerLimit \/ ~Keeps("D bounds the peer lease")
        done == [n EXCEPT !.asking = FALSE, !.askAge = 0, !.answers = {}]
    IN
    /\ IsUp(i) /\ n.asking
    /\ IF enough /\ n.guarded /\ age < L /\ inTime THEN Set(i, Armed(done, age)) ELSE Set(i, done)
    /\ UNCHANGED <<views, shown, over, behind, frozen>>

----------------------------------------------------------------------------
(* Kernel and watchdog *)

TimerIsDue(i) == Keeps("arm before the pet") /\ IsUp(i) /\ node[i].guarded /\ node[i].timer = 0
DogIsDue(i) == node[i].is \in {"up", "dead"} /\ i \notin frozen /\ node[i].dog = 0

\* cssd ends; closing the watchdog pets it once more.
WithoutDaemon(n) ==
    [n EXCEPT !.is = "dead", !.guarded = FALSE, !.dog = IF n.dog = Off THEN Off ELSE W, !.round = "idle", !.age = 0,
              !.carries = 0, !.asking = FALSE, !.askAge = 0, !.answers = {}, !.pet = FALSE, !.looked = FALSE,
              !.seen = Never, !.given = Never, !.unread = [x \in Node |-> FALSE], !.member = 0]

TimerKills(i) ==
    /\ TimerIsDue(i)
    /\ Set(i, WithoutDaemon(node[i]))
    /\ UNCHANGED <<views, shown, over, behind, frozen>>

DogResets(i) ==
    /\ DogIsDue(i)
    /\ Set(i, Gone(i, node[i].life))
    /\ UNCHANGED <<views, shown, over, behind, frozen>>

----------------------------------------------------------------------------
(* Lives end and begin *)

Die(i) ==
    /\ i \in Mortals /\ IsUp(i)
    /\ Set(i, WithoutDaemon(node[i]))
    /\ UNCHANGED <<views, shown, over, behind, frozen>>

\* cssd is started again within the lease of its life and takes it up. It has seen nothing yet, so it waits for S at least
\* before it believes a timer; that covers whatever it answered in its first days, even if it had forgotten all of it.
Resume(i) ==
    LET n == node[i] IN
    /\ i \in Mortals /\ n.is = "dead" /\ i \notin frozen /\ n.dog # Off
    /\ Keeps("resume within the lease") => n.timer > 0
    /\ Set(i, [n EXCEPT !.is = "up", !.guarded = TRUE, !.dog = W, !.unread = Unread(i),
                        !.given = [x \in Node |-> IF PeerLeases /\ i \in Takers /\ x # i THEN CapShort ELSE 0],
                        !.member = IF PeerLeases /\ i \in Takers THEN CapShort ELSE 0])
    /\ UNCHANGED <<views, shown, over, behind, frozen>>

\* Lets go of everything, verifies it, says STOPPED: cssd itself, or crsd for a cssd that has ended.
LetGo(i) ==
    /\ i \in Leavers /\ node[i].is \in {"up", "dead"} /\ i \notin frozen
    /\ IF Keeps("verify before STOPPED") THEN Set(i, Gone(i, node[i].life)) ELSE UNCHANGED node
    /\ IsOver(i)
    /\ UNCHANGED <<views, shown, behind, frozen>>

\* A new life: everything that the old one ran was stopped, or the machine booted. To see it proves the old one over.
Begin(i) ==
    /\ i \in Restarters /\ i \notin frozen /\ node[i].life < MaxLife /\ Newest < MaxEpoch
    /\ node[i].is = "off" \/ (node[i].is = "dead" /\ i \in Mortals)
    /\ Set(i, [Start(i, node[i].life + 1) EXCEPT
                    !.runs = IF Keeps("a new life begins after the old one") THEN 0 ELSE node[i].runs])
    /\ IsOver(i)
    /\ UNCHANGED <<views, shown, behind, frozen>>

\* A fence device says off, and has verified it.
Fence(j, i) ==
    /\ j \in Fencers /\ IsUp(j) /\ IsMember(j) /\ <<i, node[i].life>> \notin over
    /\ \E u \in ViewOf(j).unsettled : u.node = i
    /\ IF Keeps("verify off before fenced") THEN Set(i, Gone(i, node[i].life)) ELSE UNCHANGED node
    /\ IsOver(i)
    /\ frozen' = frozen \ {i}
    /\ UNCHANGED <<views, shown, behind>>

Freeze(i) ==
    /\ i \in Freezable \ frozen
    /\ frozen' = frozen \cup {i}
    /\ UNCHANGED <<views, shown, node, over, behind>>

Thaw(i) ==
    /\ i \in frozen
    /\ frozen' = frozen \ {i}
    /\ UNCHANGED <<views, shown, node, over, behind>>

----------------------------------------------------------------------------
(* Changes of the view: compare and set on the register *)

Commits(i, view, n) ==
    /\ views' = Append(views, view)
    /\ Set(i, WithView(n, Newest + 1))
    /\ UNCHANGED <<shown, over, behind, frozen>>

Evict(i, x) ==
    LET view == views[Newest] IN
    /\ i \in Evictors \cap WithDisks /\ IsUp(i) /\ Newest < MaxEpoch
    /\ node[i].epoch = Newest /\ IsMember(i) /\ x # i /\ view.members[x] # 0
    /\ Commits(i,
        [members |-> [view.members EXCEPT ![x] = 0],
         owner |-> IF view.owner = x THEN i ELSE view.owner,
         unsettled |-> view.unsettled \cup {[node |-> x, life |-> view.members[x], cold |-> FALSE]}],
        node[i])

\* Cold start: somebody who is no member makes a view of its own; all members of the last one are voted out.
Found(i) ==
    LET view == views[Newest]
        lost == {x \in Node \ {i} : view.members[x] # 0}
    IN
    /\ i \in Founders \cap WithDisks /\ IsUp(i) /\ Newest < MaxEpoch /\ node[i].epoch = Newest /\ ~IsMember(i)
    /\ Commits(i,
        [members |-> [x \in Node |-> IF x = i THEN node[i].life ELSE 0],
         owner |-> i,
         unsettled |-> {u \in view.unsettled : u.node # i}
                       \cup {[node |-> x, life |-> view.members[x], cold |-> TRUE] : x \in lost}],
        [node[i] EXCEPT !.member = 0])

\* A member lets in a life that wants to join. It learns of it from the disks; until then it has no lease.
Admit(i, x) ==
    LET view == views[Newest] IN
    /\ i \in Admitters \cap WithDisks /\ IsUp(i) /\ Newest < MaxEpoch /\ node[i].epoch = Newest /\ IsMember(i)
    /\ IsUp(x) /\ view.members[x] = 0 /\ \A u \in view.unsettled : ~(u.node = x /\ u.life = node[x].life)
    /\ Commits(i,
        [members |-> [view.members EXCEPT ![x] = node[x].life],
         owner |-> view.owner,
         unsettled |-> {u \in view.unsettled : u.node # x}],
        node[i])

----------------------------------------------------------------------------
(* Proofs and takeover *)

\* F4, on the clock of j. obs and S are those of the victim; all nodes publish the same here.
TimerProof(j, u) ==
    LET n == node[j]
        short == /\ n.seen[u.node] > S
                 /\ PeerLeases =>
                        /\ n.given[u.node] > S \/ ~Keeps("peer leases count for the taker")
                        /\ n.member > S \/ ~Keeps("a new member waits")
        long == n.seen[u.node] > PeerLimit + S
    IN
    /\ u.node \notin Freezable \/ ~Keeps("frozen platforms have no timer proof")
    /\ IF ~Keeps("wait for S") THEN TRUE
       ELSE IF u.cold /\ PeerLeases /\ Keeps("a cold taker waits for D") THEN long
       ELSE short

SaidProof(u) == \E o \in over : o[1] = u.node /\ (o[2] = u.life \/ ~Keeps("proofs are for one life"))

IsProved(j, u) == SaidProof(u) \/ TimerProof(j, u)

\* j may judge: it holds a lease in the newest view that it knows, announced that view, and looked after that.
MayJudge(j) ==
    /\ IsUp(j) /\ IsMember(j) /\ HoldsLease(j)
    /\ node[j].looked \/ ~Keeps("look after announcing")

TakeOver(j) ==
    /\ MayJudge(j) /\ ViewOf(j).owner = j /\ node[j].runs = 0
    /\ \A u \in ViewOf(j).unsettled : IsProved(j, u)
    /\ Set(j, [node[j] EXCEPT !.runs = node[j].life])
    /\ UNCHANGED <<views, shown, over, behind, frozen>>

\* Broken: a silent block is enough.
TakeOverWithoutView(j) ==
    /\ ~Keeps("evict before taking over")
    /\ MayJudge(j) /\ node[j].runs = 0 /\ \A x \in Node \ {j} : node[j].seen[x] > S
    /\ Set(j, [node[j] EXCEPT !.runs = node[j].life])
    /\ UNCHANGED <<views, shown, over, behind, frozen>>

----------------------------------------------------------------------------
(* Time *)

Older(i, n) ==
    LET watches == i \in Takers
        counts == watches /\ PeerLeases
        others(f, cap) == [x \in Node |-> IF x = i THEN 0 ELSE Up(f[x], cap)]
        \* A life without a lease is harmless, and pets by the clock: the watchdog is armed before its first lease.
        harmless == ~n.guarded
    IN
    CASE n.is = "off" -> n
      [] n.is = "dead" -> [n EXCEPT !.timer = Down(@), !.dog = IF @ = Off THEN Off ELSE Down(@),
                                    !.diskAge = IF PeerLeases THEN Up(@, PeerLimit + 1) ELSE 0]
      [] OTHER ->
            [n EXCEPT !.age = IF n.round = "idle" THEN 0 ELSE Up(@, L),
                      !.askAge = IF n.asking THEN Up(@, L) ELSE 0,
                      !.diskAge = IF PeerLeases THEN Up(@, PeerLimit + 1) ELSE 0,
                      !.timer = Down(@),
                      !.dog = IF harmless THEN @ ELSE Down(@),
                      !.seen = IF watches THEN others(@, CapSeen) ELSE @,
                      !.given = IF counts THEN others(@, CapShort) ELSE @,
                      !.member = IF counts THEN Up(@, CapShort) ELSE @]

MayTick(i) ==
    /\ ~TimerIsDue(i) /\ ~DogIsDue(i)
    /\ i \in Prompt /\ IsUp(i) /\ IsMember(i) => node[i].timer = L /\ node[i].round = "idle" /\ ~node[i].pet /\ node[i].looked

\* Time passes on the clocks of A. Kernel and watchdog have done by then what was due.
Tick(A) ==
    /\ \A i \in A : MayTick(i)
    /\ node' = [i \in Node |-> IF i \in A \ frozen THEN Older(i, node[i]) ELSE node[i]]
    /\ LET late == [i \in Node |-> IF i \in A THEN behind[i] ELSE behind[i] + 1]
           least == CHOOSE b \in {late[i] : i \in Node} : \A i \in Node : b <= late[i]
       IN behind' = [i \in Node |-> late[i] - least]
    /\ \A i \in Node : behind'[i] <= Drift
    /\ UNCHANGED <<views, shown, over, frozen>>

Clocks == IF Drift = 0 THEN {Node} ELSE SUBSET Node \ {{}}

Own(i) ==
    \/ RoundBegins(i) \/ RoundWrites(i) \/ RoundReads(i) \/ RoundRenews(i) \/ Pet(i)
    \/ Ask(i) \/ PeersRenew(i)
    \/ TakeOver(i)

Forced(i) == TimerKills(i) \/ DogResets(i)

Next ==
    \/ \E A \in Clocks : Tick(A)
    \/ \E i \in Node :
        \/ Own(i) \/ Forced(i) \/ TakeOverWithoutView(i)
        \/ Die(i) \/ Resume(i) \/ LetGo(i) \/ Begin(i) \/ Freeze(i) \/ Thaw(i) \/ Found(i)
        \/ \E x \in Node : Answer(i, x) \/ Fence(i, x) \/ Evict(i, x) \/ Admit(i, x)

Spec == Init /\ [][Next]_vars

----------------------------------------------------------------------------
(* What must hold *)

Running == {i \in Node : node[i].runs # 0}

\* The resource runs on one node at most.
OneOwner == Cardinality(Running) <= 1

\* What somebody takes for proved is true: that life runs nothing any more.
ProofsAreTrue ==
    \A j \in Node : MayJudge(j) =>
        \A u \in ViewOf(j).unsettled : IsProved(j, u) => node[u.node].runs # u.life

\* Nobody runs anything without a watchdog that will fire, or a cssd that guards it.
RunsUnderWatchdog == \A i \in Running : node[i].dog # Off

\* Nobody knows or shows a view that was not committed.
KnowsCommitted == shown <= Newest /\ \A i \in Node : node[i].epoch <= Newest /\ node[i].carries <= Newest

\* Clocks stay together.
ClocksAgree == \A i, j \in Node : behind[i] - behind[j] <= Drift \/ behind[j] > behind[i]

\* Nothing can go wrong any more: no view can follow, and nobody but its owner runs anything. What follows is not explored.
NotFinished ==
    ~(/\ Newest = MaxEpoch
      /\ Keeps("evict before taking over")
      /\ \A i \in Node : i # views[Newest].owner => node[i].runs = 0 /\ (\A e \in 1..Newest : views[e].owner # i \/ e < node[i].epoch \/ node[i].is = "off"))

\* Progress: a healthy node that owns the resource in a view takes it over at last, whatever the others do or do not.
FairSpec ==
    /\ Spec
    /\ \A i \in Node : WF_vars(Forced(i))
    /\ \A i \in Prompt : WF_vars(Own(i)) /\ WF_vars(TakeOver(i)) /\ \A x \in Node : WF_vars(Fence(i, x))
    /\ \A A \in Clocks : SF_vars(Tick(A))

EvictedIsReplaced ==
    \A j \in Prompt : (\E e \in 1..Newest : e > 1 /\ views[e].owner = j) ~> (node[j].runs # 0)
=============================================================================
