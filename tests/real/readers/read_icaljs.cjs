// What ical.js sees in an .ics file on standard input, as JSON. The first argument is the folder of its package.
const fs = require("fs");
const path = require("path");
const { pathToFileURL } = require("url");

async function main() {
  const folder = process.argv[2];
  const described = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8"));
  const loaded = await import(pathToFileURL(path.join(folder, described.module || described.main)));
  const ical = loaded.default || loaded;
  const calendar = new ical.Component(ical.parse(fs.readFileSync(0, "utf8")));
  const names = (component) => component.getAllProperties().map((each) => each.name.toUpperCase());
  const events = calendar.getAllSubcomponents("vevent").map((component) => {
    const event = new ical.Event(component);
    return {
      uid: event.uid,
      utc: event.startDate.zone === ical.Timezone.utcTimezone && event.endDate.zone === ical.Timezone.utcTimezone,
      start: event.startDate.toUnixTime(),
      end: event.endDate.toUnixTime(),
      summary: event.summary,
      description: event.description,
      properties: names(component),
    };
  });
  const others = calendar.getAllSubcomponents().length - events.length;
  console.log(JSON.stringify({ errors: 0, calendar: names(calendar), others, events }));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
