#define _GNU_SOURCE
#include "sip.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool sip_read(struct message *message, const char *text, size_t length)
{
    const char *line_end = memmem(text, length, "\r\n", 2);
    const char *head_end = memmem(text, length, "\r\n\r\n", 4);

    if (head_end == NULL)
        return false;
    message->start = (struct span){text, (size_t)(line_end - text)};
    message->head = (struct span){line_end + 2, (size_t)(head_end - line_end)};
    message->body = (struct span){head_end + 4, length - (size_t)(head_end + 4 - text)};
    message->status = sip_starts_with(message->start, "SIP/2.0 ") ? (unsigned)atoi(text + 8) : 0;
    return true;
}

static bool has_name(struct span line, const char *name, char compact)
{
    size_t length = strlen(name);

    if (line.length > length && strncasecmp(line.text, name, length) == 0)
        return line.text[length] == ':' || line.text[length] == ' ';
    return compact && line.length > 1 && (line.text[0] | 0x20) == compact &&
           (line.text[1] == ':' || line.text[1] == ' ');
}

/* Cuts the first line off `rest`, with its line end; false at the end. */
static bool next_line(struct span *rest, struct span *line)
{
    const char *end = memmem(rest->text, rest->length, "\r\n", 2);

    if (end == NULL)
        return false;
    *line = (struct span){rest->text, (size_t)(end + 2 - rest->text)};
    *rest = (struct span){end + 2, rest->length - line->length};
    return true;
}

static struct span value_of(struct span line)
{
    const char *from = (const char *)memchr(line.text, ':', line.length) + 1;
    const char *end = line.text + line.length - 2;

    while (from < end && *from == ' ')
        from++;
    return (struct span){from, (size_t)(end - from)};
}

struct span sip_header(const struct message *message, const char *name, char compact)
{
    struct span rest = message->head, line;

    while (next_line(&rest, &line))
        if (has_name(line, name, compact) && memchr(line.text, ':', line.length))
            return value_of(line);
    return (struct span){NULL, 0};
}

struct span sip_uri(struct span value)
{
    if (value.text == NULL)
        return value;
    const char *from = memchr(value.text, '<', value.length);
    const char *end = value.text + value.length;
    const char *stop = memchr(from ? from : value.text, from ? '>' : ';',
                              (size_t)(end - (from ? from : value.text)));

    from = from ? from + 1 : value.text;
    return (struct span){from, (size_t)((stop ? stop : end) - from)};
}

struct span sip_parameter(struct span value, const char *name)
{
    size_t length = strlen(name);
    struct span rest = value;
    const char *at;

    while (rest.text && (at = memchr(rest.text, ';', rest.length)) != NULL) {
        rest.length -= (size_t)(at + 1 - rest.text);
        rest.text = at + 1;
        if (rest.length > length && !strncasecmp(rest.text, name, length) &&
            rest.text[length] == '=') {
            struct span found = {rest.text + length + 1, rest.length - length - 1};
            found.length = strcspn(found.text, ";, \t\r\n");
            return found;
        }
    }
    return (struct span){NULL, 0};
}

static bool belongs_in_response(struct span line)
{
    return has_name(line, "Via", 'v') || has_name(line, "From", 'f') || has_name(line, "To", 't') ||
           has_name(line, "Call-ID", 'i') || has_name(line, "CSeq", 0) ||
           has_name(line, "Record-Route", 0);
}

size_t sip_copy_for_response(const struct message *request, char *out, size_t room)
{
    struct span rest = request->head, line;
    size_t used = 0;

    while (next_line(&rest, &line)) {
        if (!belongs_in_response(line) || used + line.length > room)
            continue;
        memcpy(out + used, line.text, line.length);
        used += line.length;
    }
    return used;
}

bool sip_starts_with(struct span value, const char *text)
{
    size_t length = strlen(text);

    return value.text && value.length >= length && strncasecmp(value.text, text, length) == 0;
}

bool sip_keep(struct span value, char *out, size_t size)
{
    if (value.text == NULL || value.length >= size)
        return false;
    memcpy(out, value.text, value.length);
    out[value.length] = 0;
    return true;
}
