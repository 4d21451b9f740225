// The client's page: opens the link, says that one is there, and asks for consent. Nothing is kept in the browser but
// the cookie that no script can read; the link's token leaves the address at once.
const $ = (id) => document.getElementById(id)
const STATES = {
  expected: "Say that you are here when you are ready.",
  waiting: "Your clinician sees that you are here. Please wait.",
  in_call: "The session is on.",
  over: "This session is over. You can close this page.",
}
let shown = null

async function ask(method, path, body) {
  const answer = await fetch(`/api/waiting-room${path}`, {
    method,
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body ? JSON.stringify(body) : undefined,
  })
  const told = answer.status === 204 ? null : await answer.json()
  if (!answer.ok) throw new Error(told.message)
  return told
}

function draw(room) {
  const time = new Date(room.starts_at).toLocaleTimeString([], { hour: "numeric", minute: "2-digit" })
  $("where").textContent = `${room.practice}: your session with ${room.clinician} at ${time}`
  $("state").textContent = STATES[room.state]
  $("here").hidden = room.state !== "expected"
  $("away").hidden = room.state !== "waiting"
  $("words").textContent = room.consent.text
  $("agree").hidden = room.consent.stands || room.state === "over"
  $("withdraw").hidden = !room.consent.stands
  $("agreed").textContent = room.consent.stands ? "You have agreed to be recorded." : "You have not agreed to be recorded."
  $("room").hidden = false
  shown = room.consent.shown
}

async function act(method, path, body) {
  try {
    await ask(method, path, body)
    draw(await ask("GET", ""))
    $("problem").textContent = ""
  } catch (error) {
    $("problem").textContent = error.message
  }
}

$("here").onclick = () => act("POST", "/check-in")
$("away").onclick = () => act("POST", "/leave")
$("agree").onclick = () => act("PUT", "/consent", { shown })
$("withdraw").onclick = () => act("DELETE", "/consent")

const token = location.hash.slice(1)
history.replaceState(null, "", location.pathname)
await (token ? act("POST", "/open", { token }) : act("GET", ""))
setInterval(() => document.hidden || act("GET", ""), 5000)
