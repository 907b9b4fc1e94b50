/* One connection for the process. Whichever thread waits reads for all of them; the others sleep
   until it has their reply, or take over when it has its own. */
#include "connection-internal.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define VERSION 1
#define REQUEST_HEADER 10
#define REPLY_HEADER 12
#define MESSAGE_BYTES_MAX (1u << 24)

static pthread_mutex_t state = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turned; /* somebody's reply is there, or nobody reads any more */
static pthread_mutex_t sending = PTHREAD_MUTEX_INITIALIZER;
static int connection = -1;
static int waker = -1;
static int is_gone;
static int is_reading;
static int is_woken;
static uint32_t last_id;
static uint8_t *input; /* what was received of a message that is not whole yet */
static size_t input_length, input_size;

/* Somebody who waits for a reply. */
struct call {
  struct call *next;
  struct reply reply;
  int is_done;
};
static struct call *calls;

static int take_nothing(struct reply *reply) {
  (void)reply;
  return 0;
}
static void ignore(void) {}
int (*shim_completed)(struct reply *reply) = take_nothing;
void (*shim_changed)(void) = ignore;

void shim_put32(uint8_t *at, uint32_t value) {
  for (int byte = 0; byte < 4; byte++) at[byte] = (uint8_t)(value >> (8 * byte));
}
uint32_t shim_get32(const uint8_t *at) {
  return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}
int64_t shim_now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}
/* What is left until a moment, for poll; -1 stands for no end. */
static int left_ms(int64_t until) {
  if (until < 0) return -1;
  int64_t left = until - shim_now_ms();
  return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

void shim_lock(void) { pthread_mutex_lock(&state); }
void shim_unlock(void) { pthread_mutex_unlock(&state); }
int shim_descriptor(void) { return connection; }
int shim_wake_descriptor(void) { return waker; }

/* A child has the parent's descriptor, but must not speak in its name. */
static void forked(void) {
  if (connection >= 0) close(connection);
  connection = -1;
  is_gone = 1;
}

static int say_hello(void) {
  uint8_t payload[5 + 64];
  size_t length = strlen(program_invocation_short_name);
  if (length > 64) length = 64;
  payload[0] = VERSION;
  shim_put32(payload + 1, (uint32_t)getpid());
  memcpy(payload + 5, program_invocation_short_name, length);
  return shim_call(OPERATION_HELLO, 0, payload, (uint32_t)(5 + length));
}

static int connect_once(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) return STATUS_IO;
  strcpy(address.sun_path, path);
  int opened = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (opened < 0) return STATUS_IO;
  if (connect(opened, (struct sockaddr *)&address, sizeof address) != 0) {
    fprintf(stderr, "usb: the session does not answer at %s: %s\n", path, strerror(errno));
    close(opened);
    return STATUS_IO;
  }
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&turned, &monotonic);
  waker = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  pthread_atfork(NULL, NULL, forked);
  connection = opened;
  return 0;
}

int shim_connect(void) {
  static pthread_mutex_t connecting = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&connecting);
  int status = is_gone ? STATUS_IO : 0;
  if (!is_gone && connection < 0) {
    const char *path = getenv("JOY_OF_HARDWARE_USB");
    if (!path) fprintf(stderr, "usb: JOY_OF_HARDWARE_USB does not name the session's socket\n");
    status = path ? connect_once(path) : STATUS_IO;
    if (status == 0) status = say_hello();
  }
  pthread_mutex_unlock(&connecting);
  return status;
}

/* Sending */

static int send_all(struct iovec *parts, int count) {
  while (count > 0) {
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t)count};
    ssize_t sent = sendmsg(connection, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return STATUS_NO_DEVICE;
    for (; count > 0 && (size_t)sent >= parts->iov_len; parts++, count--)
      sent -= (ssize_t)parts->iov_len;
    if (count > 0) {
      parts->iov_base = (uint8_t *)parts->iov_base + sent;
      parts->iov_len -= (size_t)sent;
    }
  }
  return 0;
}

/* The numbers of requests are given where they are put on the line, so both have one order. `known`
   is called before a reply can come. */
uint32_t shim_send_known(enum operation operation, uint8_t device, struct iovec *body, int count,
                         void (*known)(void *, uint32_t), void *argument) {
  uint8_t header[REQUEST_HEADER];
  struct iovec parts[3] = {{header, sizeof header}};
  uint32_t length = 0;
  for (int part = 0; part < count; part++) {
    parts[1 + part] = body[part];
    length += (uint32_t)body[part].iov_len;
  }
  pthread_mutex_lock(&sending);
  pthread_mutex_lock(&state);
  if (++last_id == 0) last_id = 1;
  uint32_t id = last_id;
  int is_open = connection >= 0 && !is_gone;
  if (is_open && known) known(argument, id);
  pthread_mutex_unlock(&state);
  shim_put32(header, REQUEST_HEADER - 4 + length);
  shim_put32(header + 4, id);
  header[8] = (uint8_t)operation;
  header[9] = device;
  int status = is_open ? send_all(parts, 1 + count) : STATUS_NO_DEVICE;
  pthread_mutex_unlock(&sending);
  return status == 0 ? id : 0;
}

uint32_t shim_send(enum operation operation, uint8_t device, const void *payload, uint32_t length) {
  struct iovec body = {(void *)payload, length};
  return shim_send_known(operation, device, &body, 1, NULL, NULL);
}

/* Receiving */

static void dispatch(struct reply *reply) {
  if (reply->id == 0) {
    if (reply->status == EVENT_DEVICES) shim_changed();
    if (reply->status == EVENT_TEXT && isatty(STDERR_FILENO))
      fprintf(stderr, "usb: %.*s\n", (int)reply->length, (const char *)reply->data);
    free(reply->data);
    return;
  }
  for (struct call **link = &calls; *link; link = &(*link)->next) {
    struct call *found = *link;
    if (found->reply.id != reply->id) continue;
    *link = found->next;
    found->reply = *reply;
    found->is_done = 1;
    return;
  }
  shim_settle(reply);
  if (!shim_completed(reply)) free(reply->data);
}

/* The first whole message of the input, if there is one; a negative status when it is none. */
static int next_message(struct reply *reply) {
  if (input_length < 4) return 0;
  uint32_t length = shim_get32(input);
  if (length < REPLY_HEADER - 4 || length > MESSAGE_BYTES_MAX) return STATUS_IO;
  if (input_length < 4 + (size_t)length) return 0;
  reply->id = shim_get32(input + 4);
  reply->status = (int32_t)shim_get32(input + 8);
  reply->length = length - (REPLY_HEADER - 4);
  reply->data = reply->length > 0 ? malloc(reply->length) : NULL;
  if (reply->length > 0 && !reply->data) return STATUS_NO_MEM;
  if (reply->length > 0) memcpy(reply->data, input + REPLY_HEADER, reply->length);
  input_length -= 4 + (size_t)length;
  memmove(input, input + 4 + length, input_length);
  return 1;
}

/* Takes what has arrived. With the lock held; only the thread that reads is here. */
static int take_input(void) {
  for (;;) {
    if (input_size - input_length < 65536) {
      uint8_t *larger = realloc(input, input_size + 131072);
      if (!larger) return STATUS_NO_MEM;
      input = larger;
      input_size += 131072;
    }
    ssize_t received =
        recv(connection, input + input_length, input_size - input_length, MSG_DONTWAIT);
    if (received < 0 && errno == EINTR) continue;
    if (received < 0 && errno == EAGAIN) return 0;
    if (received <= 0) return STATUS_NO_DEVICE;
    input_length += (size_t)received;
    struct reply reply;
    int found;
    while ((found = next_message(&reply)) == 1) dispatch(&reply);
    if (found < 0) return found;
  }
}

/* Nobody will answer: everything that waits has ended. */
static void lose(void) {
  is_gone = 1;
  for (struct call *call = calls; call; call = call->next) {
    call->reply.status = STATUS_NO_DEVICE;
    call->is_done = 1;
  }
  calls = NULL;
  shim_settle_all(STATUS_NO_DEVICE);
  struct reply all = {.id = 0, .status = STATUS_NO_DEVICE};
  shim_completed(&all);
}

/* With the lock held, which is let go while nothing arrives. */
static void read_for_all(int timeout_ms) {
  is_reading = 1;
  struct pollfd ready[2] = {{.fd = connection, .events = POLLIN}, {.fd = waker, .events = POLLIN}};
  pthread_mutex_unlock(&state);
  int count = poll(ready, 2, timeout_ms);
  pthread_mutex_lock(&state);
  uint64_t wakes;
  if (count > 0 && ready[1].revents && read(waker, &wakes, sizeof wakes) > 0) is_woken = 1;
  if (count > 0 && ready[0].revents && take_input() != 0) lose();
  is_reading = 0;
  pthread_cond_broadcast(&turned);
}

/* With the lock held. 1: done, 0: the time is over or it was woken, or a negative status. */
int shim_pump_locked(int64_t until, int (*is_done)(void *), void *argument, int heeds_wakes) {
  for (;;) {
    if (is_done(argument)) return 1;
    if (heeds_wakes && is_woken) return is_woken = 0;
    if (is_gone || connection < 0) return STATUS_NO_DEVICE;
    if (until >= 0 && shim_now_ms() >= until) return 0;
    if (!is_reading) {
      read_for_all(left_ms(until));
      continue;
    }
    int64_t end = shim_now_ms() + (until < 0 ? 60000 : left_ms(until));
    struct timespec at = {.tv_sec = end / 1000, .tv_nsec = end % 1000 * 1000000};
    pthread_cond_timedwait(&turned, &state, &at);
  }
}

int shim_pump(int timeout_ms, int (*is_done)(void *), void *argument) {
  pthread_mutex_lock(&state);
  int64_t until = timeout_ms < 0 ? -1 : shim_now_ms() + timeout_ms;
  int status = shim_pump_locked(until, is_done, argument, 1);
  pthread_mutex_unlock(&state);
  return status;
}

void shim_wake(void) {
  uint64_t one = 1;
  if (waker >= 0 && write(waker, &one, sizeof one) < 0) return;
}

/* Waiting for one reply */

static void known_call(void *argument, uint32_t id) {
  struct call *call = argument;
  call->reply.id = id;
  call->next = calls;
  calls = call;
}
static int call_done(void *call) { return ((struct call *)call)->is_done; }

int shim_wait_for(enum operation operation, uint8_t device, struct iovec *body, int count,
                    int timeout_ms, struct reply *reply) {
  struct call call = {0};
  uint32_t id = shim_send_known(operation, device, body, count, known_call, &call);
  pthread_mutex_lock(&state);
  int64_t until = timeout_ms < 0 ? -1 : shim_now_ms() + timeout_ms;
  int ended = id == 0 ? STATUS_NO_DEVICE : shim_pump_locked(until, call_done, &call, 0);
  for (struct call **link = &calls; *link; link = &(*link)->next)
    if (*link == &call) {
      *link = call.next;
      break;
    }
  pthread_mutex_unlock(&state);
  *reply = call.reply;
  if (call.is_done) return reply->status;
  return ended < 0 ? ended : STATUS_TIMEOUT;
}

int shim_call(enum operation operation, uint8_t device, const void *payload, uint32_t length) {
  struct iovec body = {(void *)payload, length};
  struct reply reply = {0};
  int status = shim_wait_for(operation, device, &body, 1, CALL_MS, &reply);
  if (status < 0 && reply.length > 0)
    fprintf(stderr, "usb: %.*s\n", (int)reply.length, (const char *)reply.data);
  if (operation == OPERATION_HELLO && status == 0 && reply.length >= 5 && !getenv("JOY_OF_HARDWARE_USB_WAIT"))
    shim_window(shim_get32(reply.data + 1));
  free(reply.data);
  return status;
}

int shim_list(struct shim_device devices[DEVICES_MAX]) {
  int connected = shim_connect();
  if (connected < 0) return connected;
  struct reply reply = {0};
  int status = shim_wait_for(OPERATION_LIST, 0, NULL, 0, CALL_MS, &reply);
  int count = 0;
  uint32_t at = 0;
  while (status == 0 && count < DEVICES_MAX && at + 1 + DESCRIPTOR_BYTES + 2 <= reply.length) {
    struct shim_device *device = &devices[count];
    device->number = reply.data[at];
    memcpy(device->descriptor, reply.data + at + 1, DESCRIPTOR_BYTES);
    at += 1 + DESCRIPTOR_BYTES;
    device->configuration_length = (uint16_t)(reply.data[at] | reply.data[at + 1] << 8);
    at += 2;
    if (device->configuration_length > CONFIGURATION_BYTES_MAX) break;
    if (at + device->configuration_length > reply.length) break;
    memcpy(device->configuration, reply.data + at, device->configuration_length);
    at += device->configuration_length;
    count++;
  }
  free(reply.data);
  return status < 0 ? status : count;
}
