/*
 * A closed-loop SIP presence load over UDP on loopback: presentities publish, watchers subscribe
 * and answer every NOTIFY, never more than `--outstanding` requests at once. README.md says how
 * to read what it prints: one JSON object.
 */
#include "load.h"

#include <arpa/inet.h>
#include <err.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const microseconds TICK = 10000; /* how often the timers are looked at */

static const char *const COUNTER_NAMES[COUNTERS] = {
    [NOTIFIES] = "notifies",
    [REQUESTS_SENT_AGAIN] = "requests_sent_again",
    [NOTIFIES_RECEIVED_AGAIN] = "notifies_received_again",
    [RESPONSES_RECEIVED_AGAIN] = "responses_received_again",
    [EXTRA_NOTIFIES] = "extra_notifies",
    [NOTIFIES_WITHOUT_STATE] = "notifies_without_state",
    [REFUSED] = "refused",
    [UNKNOWN_NOTIFIES] = "unknown_notifies",
    [OUT_OF_ORDER] = "out_of_order",
    [ENDED_EARLY] = "ended_early",
    [UNREADABLE] = "unreadable",
    [LOST] = "lost",
    [STUCK] = "stuck",
};

struct phase {
    const char *name;
    enum kind kind;
    unsigned subjects; /* how many presentities, or subscriptions, each does it once a round */
    unsigned rounds;
};

/* A presentity changes again only once its last change has reached all its watchers. */
static bool is_idle(const struct load *load, const struct phase *phase, unsigned subject)
{
    return is_publish(phase->kind) ? load->presentities[subject].operation == NULL
                                   : load->subscriptions[subject].operation == NULL;
}

static void run(struct load *load, const struct phase *phase)
{
    unsigned total = phase->subjects * phase->rounds, next = 0;
    microseconds tick = now() + TICK;

    while (load->done < total && !(*load->failure && load->busy == 0)) {
        while (next < total && load->busy < load->options.outstanding && !*load->failure &&
               is_idle(load, phase, next % phase->subjects))
            begin(load, phase->kind, next++ % phase->subjects);
        serve(load, (int)(TICK / 1000));
        if (now() >= tick) {
            check_timers(load);
            tick = now() + TICK;
        }
    }
}

static void linger(struct load *load, microseconds length)
{
    for (microseconds until = now() + length; now() < until;)
        serve(load, (int)(TICK / 1000));
}

/* Says what comes next and goes on once a line arrives on standard input; serves meanwhile. */
static void wait_for_step(struct load *load, const char *name)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char line[64];

    if (!load->options.steps)
        return;
    fprintf(stderr, "next: %s\n", name);
    while (poll(&input, 1, 0) == 0)
        serve(load, (int)(TICK / 1000));
    if (read(STDIN_FILENO, line, sizeof line) <= 0)
        load->options.steps = false;
}

static int by_size(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

/* The value that this share of all latencies does not exceed, in microseconds. */
static unsigned percentile(const struct load *load, unsigned percent)
{
    if (load->latency_count == 0)
        return 0;
    return load->latencies[(uint64_t)(load->latency_count - 1) * percent / 100];
}

static void print_counts(const struct load *load, int from, int to)
{
    for (int i = from; i < to; i++)
        printf("%s\"%s\": %lu", i > from ? ", " : "", COUNTER_NAMES[i],
               (unsigned long)load->counts[i]);
}

static void print_phase(struct load *load, const char *name, double seconds, double cpu)
{
    static bool is_later;

    qsort(load->latencies, load->latency_count, sizeof *load->latencies, by_size);
    printf("%s\n    \"%s\": {\n      \"seconds\": %.6f, \"operations\": %u,"
           " \"load_cpu_seconds\": %.6f,\n      \"counts\": {",
           is_later ? "," : "", name, seconds, load->done, cpu);
    print_counts(load, 0, REFUSED);
    printf("},\n      \"errors\": {");
    print_counts(load, REFUSED, COUNTERS);
    printf("},\n      \"latency_microseconds\": {\"p50\": %u, \"p99\": %u, \"maximum\": %u}\n    }",
           percentile(load, 50), percentile(load, 99), percentile(load, 100));
    is_later = true;
}

static void play(struct load *load, const struct phase *phase)
{
    if (*load->failure || phase->rounds == 0)
        return;
    wait_for_step(load, phase->name);
    load->done = load->latency_count = 0;
    memset(load->counts, 0, sizeof load->counts);
    microseconds cpu = clock_reading(CLOCK_PROCESS_CPUTIME_ID), from = now();
    if (phase->subjects)
        run(load, phase);
    else
        linger(load, phase->rounds * SECOND);
    print_phase(load, phase->name, (double)(now() - from) / (double)SECOND,
                (double)(clock_reading(CLOCK_PROCESS_CPUTIME_ID) - cpu) / (double)SECOND);
}

static void play_all(struct load *load)
{
    const struct options *options = &load->options;
    unsigned subscriptions = options->presentities * options->watchers;
    const struct phase phases[] = {
        {"publish", PUBLISH, options->presentities, 1},
        {"subscribe", SUBSCRIBE, subscriptions, 1},
        {"rounds", CHANGE, options->presentities, options->rounds},
        {"idle", PUBLISH, 0, options->idle},
        {"unsubscribe", UNSUBSCRIBE, subscriptions, options->unsubscribes},
    };

    printf("{\n  \"presentities\": %u, \"watchers\": %u, \"outstanding\": %u, \"rounds\": %u,"
           " \"seed\": %u,\n  \"phases\": {",
           options->presentities, options->watchers, options->outstanding, options->rounds,
           options->seed);
    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++)
        play(load, &phases[i]);
    wait_for_step(load, "end");
    printf("\n  },\n  \"ok\": %s\n}\n", *load->failure ? "false" : "true");
}

static const char USAGE[] =
    "load --server HOST:PORT [options]\n"
    "  --domain NAME        presentities are sip:p<N>@NAME, watchers sip:w<N>@NAME (example.com)\n"
    "  --presentities N     (1000)\n"
    "  --watchers N         of each presentity (10)\n"
    "  --first N            names count from here: another load's users stay out of it (0)\n"
    "  --fan-out            one presentity, which all watchers watch\n"
    "  --outstanding N      operations at once (32)\n"
    "  --rounds N           how often each presentity changes (5)\n"
    "  --idle SECONDS       after the rounds, only answer (0)\n"
    "  --unsubscribe        end all subscriptions at last\n"
    "  --expires SECONDS    of publications and subscriptions (3600)\n"
    "  --deadline SECONDS   for an operation, then it is lost (32)\n"
    "  --seed N             goes into Call-IDs, tags and notes (the process id)\n"
    "  --step               before each phase, write its name and wait for a line of input\n";

static unsigned number(const char *text, unsigned least)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end || value < least || value > 10000000)
        errx(2, "%s is not a number from %u to 10,000,000", text, least);
    return (unsigned)value;
}

static struct sockaddr_in address(char *text)
{
    struct sockaddr_in found = {.sin_family = AF_INET};
    char *colon = strrchr(text, ':');

    if (colon == NULL)
        errx(2, "%s is not HOST:PORT", text);
    *colon = 0;
    if (inet_pton(AF_INET, text, &found.sin_addr) != 1 || *text != '1' || strncmp(text, "127.", 4))
        errx(2, "%s is not an address of this machine's loopback (127.x.y.z)", text);
    found.sin_port = htons((uint16_t)number(colon + 1, 1));
    return found;
}

static void read_options(struct options *options, int count, char **words)
{
    static const struct option LONG[] = {
        {"server", required_argument, 0, 's'},       {"domain", required_argument, 0, 'd'},
        {"presentities", required_argument, 0, 'p'}, {"watchers", required_argument, 0, 'w'},
        {"outstanding", required_argument, 0, 'k'},  {"rounds", required_argument, 0, 'r'},
        {"idle", required_argument, 0, 'i'},         {"expires", required_argument, 0, 'e'},
        {"deadline", required_argument, 0, 'l'},     {"seed", required_argument, 0, 'n'},
        {"fan-out", no_argument, 0, 'f'},            {"unsubscribe", no_argument, 0, 'u'},
        {"step", no_argument, 0, 't'},               {"help", no_argument, 0, 'h'},
        {"first", required_argument, 0, 'b'},        {0, 0, 0, 0}};
    bool fans_out = false;

    for (int letter; (letter = getopt_long(count, words, "", LONG, NULL)) != -1;) {
        switch (letter) {
        case 's': options->server = address(optarg); break;
        case 'd': options->domain = optarg; break;
        case 'p': options->presentities = number(optarg, 1); break;
        case 'w': options->watchers = number(optarg, 1); break;
        case 'b': options->first = number(optarg, 0); break;
        case 'k': options->outstanding = number(optarg, 1); break;
        case 'r': options->rounds = number(optarg, 0); break;
        case 'i': options->idle = number(optarg, 0); break;
        case 'e': options->expires = number(optarg, 1); break;
        case 'l': options->deadline = number(optarg, 1); break;
        case 'n': options->seed = number(optarg, 0); break;
        case 'f': fans_out = true; break;
        case 'u': options->unsubscribes = true; break;
        case 't': options->steps = true; break;
        case 'h': fputs(USAGE, stdout); exit(0);
        default: fputs(USAGE, stderr); exit(2);
        }
    }
    if (fans_out)
        options->presentities = 1;
    if (options->server.sin_port == 0 || optind < count || strlen(options->domain) >= WORD) {
        fputs(USAGE, stderr);
        exit(2);
    }
}

static void *room_for(size_t count, size_t size)
{
    void *room = calloc(count, size);

    if (room == NULL)
        errx(1, "not enough memory for this many subscriptions");
    return room;
}

int main(int count, char **words)
{
    static struct load load = {.options = {.domain = "example.com", .presentities = 1000,
                                           .watchers = 10, .outstanding = 32, .rounds = 5,
                                           .expires = 3600, .deadline = 32}};
    struct options *options = &load.options;

    options->seed = (unsigned)getpid();
    read_options(options, count, words);
    size_t subscriptions = (size_t)options->presentities * options->watchers;
    load.presentities = room_for(options->presentities, sizeof *load.presentities);
    load.subscriptions = room_for(subscriptions, sizeof *load.subscriptions);
    load.operations = room_for(options->outstanding, sizeof *load.operations);
    load.latencies = room_for(subscriptions * (options->rounds ? options->rounds : 1),
                              sizeof *load.latencies);
    wire_open(&load.wire);
    play_all(&load);
    if (*load.failure)
        fprintf(stderr, "load: %s\n", load.failure);
    return *load.failure ? 1 : 0;
}
