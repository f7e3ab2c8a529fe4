/* What libical sees in an .ics file on standard input, as JSON. Build: cc read_libical.c -o read-libical -lical */
#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void text(const char *value) {
    putchar('"');
    for (const unsigned char *at = (const unsigned char *)(value ? value : ""); *at; at++) {
        if (*at < 32 || *at == 127 || *at == '"' || *at == '\\')
            printf("\\u%04x", *at);
        else
            putchar(*at);
    }
    putchar('"');
}

static void properties(icalcomponent *component) {
    const char *before = "";
    printf("[");
    for (icalproperty *each = icalcomponent_get_first_property(component, ICAL_ANY_PROPERTY); each;
         each = icalcomponent_get_next_property(component, ICAL_ANY_PROPERTY)) {
        printf("%s", before);
        text(icalproperty_get_property_name(each));
        before = ", ";
    }
    printf("]");
}

int main(void) {
    size_t room = 1 << 22, length;
    char *data = calloc(1, room + 1);
    length = data ? fread(data, 1, room, stdin) : 0;
    icalcomponent *calendar = length ? icalparser_parse_string(data) : NULL;
    if (!calendar || icalcomponent_isa(calendar) != ICAL_VCALENDAR_COMPONENT)
        return 1;
    printf("{\"errors\": %d, \"calendar\": ", icalcomponent_count_errors(calendar));
    properties(calendar);
    printf(", \"others\": %d, \"events\": [",
           icalcomponent_count_components(calendar, ICAL_ANY_COMPONENT) -
               icalcomponent_count_components(calendar, ICAL_VEVENT_COMPONENT));
    const char *before = "";
    for (icalcomponent *event = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT); event;
         event = icalcomponent_get_next_component(calendar, ICAL_VEVENT_COMPONENT)) {
        struct icaltimetype start = icalcomponent_get_dtstart(event), end = icalcomponent_get_dtend(event);
        printf("%s\n{\"uid\": ", before);
        text(icalcomponent_get_uid(event));
        printf(", \"utc\": %s, \"start\": %ld, \"end\": %ld, \"summary\": ",
               icaltime_is_utc(start) && icaltime_is_utc(end) ? "true" : "false", (long)icaltime_as_timet(start),
               (long)icaltime_as_timet(end));
        text(icalcomponent_get_summary(event));
        printf(", \"description\": ");
        text(icalcomponent_get_description(event));
        printf(", \"properties\": ");
        properties(event);
        printf("}");
        before = ",";
    }
    printf("]}\n");
    return 0;
}
