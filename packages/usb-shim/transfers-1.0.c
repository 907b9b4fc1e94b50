/* The ABI of libusb 1.0: transfers that are submitted, and events. */
#include "libusb-1.0-internal.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

/* A transfer on its way, then with its reply in line for its callback. Under the lock. */
struct pending {
  struct pending *next;
  struct libusb_transfer *transfer;
  uint32_t id;
  struct reply reply;
};
static struct pending *pending;
static struct pending *completed, **completed_end = &completed;

/* Completion */

static enum libusb_transfer_status status_of(int status) {
  switch (status) {
    case 0: return LIBUSB_TRANSFER_COMPLETED;
    case LIBUSB_ERROR_TIMEOUT: return LIBUSB_TRANSFER_TIMED_OUT;
    case LIBUSB_ERROR_PIPE: return LIBUSB_TRANSFER_STALL;
    case LIBUSB_ERROR_NO_DEVICE: return LIBUSB_TRANSFER_NO_DEVICE;
    case LIBUSB_ERROR_INTERRUPTED: return LIBUSB_TRANSFER_CANCELLED;
    case LIBUSB_ERROR_OVERFLOW: return LIBUSB_TRANSFER_OVERFLOW;
    default: return LIBUSB_TRANSFER_ERROR;
  }
}

static int is_in(const struct libusb_transfer *transfer) {
  uint8_t address =
      transfer->type == LIBUSB_TRANSFER_TYPE_CONTROL ? transfer->buffer[0] : transfer->endpoint;
  return (address & LIBUSB_ENDPOINT_IN) != 0;
}

static void finish(struct libusb_transfer *transfer, const struct reply *reply) {
  int header = transfer->type == LIBUSB_TRANSFER_TYPE_CONTROL ? LIBUSB_CONTROL_SETUP_SIZE : 0;
  transfer->status = status_of(reply->status);
  transfer->actual_length = 0;
  if (reply->status == 0 && is_in(transfer)) {
    uint32_t room = (uint32_t)(transfer->length - header);
    uint32_t moved = reply->length < room ? reply->length : room;
    if (moved > 0) memcpy(transfer->buffer + header, reply->data, moved);
    transfer->actual_length = (int)moved;
  } else if (reply->status == 0 && reply->length == 4) {
    transfer->actual_length = reply->data[0] | reply->data[1] << 8 | reply->data[2] << 16;
  }
  if (transfer->actual_length < transfer->length - header && transfer->status == 0 &&
      (transfer->flags & LIBUSB_TRANSFER_SHORT_NOT_OK))
    transfer->status = LIBUSB_TRANSFER_ERROR;
  int frees = (transfer->flags & LIBUSB_TRANSFER_FREE_TRANSFER) != 0;
  if (transfer->callback) transfer->callback(transfer);
  if (frees) libusb_free_transfer(transfer);
}

static void complete(struct pending *found, struct reply reply) {
  found->reply = reply;
  found->next = NULL;
  *completed_end = found;
  completed_end = &found->next;
}

/* The id 0 stands for all: the connection is gone. */
int shim_transfer_completed(struct reply *reply) {
  int is_taken = 0;
  for (struct pending **link = &pending; *link && !is_taken;) {
    struct pending *found = *link;
    if (reply->id != 0 && found->id != reply->id) {
      link = &found->next;
      continue;
    }
    *link = found->next;
    complete(found, *reply);
    is_taken = reply->id != 0;
  }
  /* Whoever read it may be waiting for something else than events. */
  if (completed) shim_wake();
  return is_taken;
}

void shim_drop_transfers(libusb_device_handle *handle) {
  shim_lock();
  for (struct pending **link = &pending; *link;) {
    struct pending *found = *link;
    if (found->transfer->dev_handle != handle) {
      link = &found->next;
      continue;
    }
    *link = found->next;
    free(found);
  }
  shim_unlock();
}

/* Submitting */

struct libusb_transfer *libusb_alloc_transfer(int packets) {
  if (packets != 0) return NULL; /* isochronous */
  return calloc(1, sizeof(struct libusb_transfer));
}
void libusb_free_transfer(struct libusb_transfer *transfer) {
  if (!transfer) return;
  if (transfer->flags & LIBUSB_TRANSFER_FREE_BUFFER) free(transfer->buffer);
  free(transfer);
}

static void known(void *argument, uint32_t id) {
  struct pending *added = argument;
  added->id = id;
  added->next = pending;
  pending = added;
}

int libusb_submit_transfer(struct libusb_transfer *transfer) {
  if (transfer->type == LIBUSB_TRANSFER_TYPE_ISOCHRONOUS ||
      transfer->type == LIBUSB_TRANSFER_TYPE_BULK_STREAM)
    return LIBUSB_ERROR_NOT_SUPPORTED;
  struct pending *added = calloc(1, sizeof *added);
  if (!added) return LIBUSB_ERROR_NO_MEM;
  int is_control = transfer->type == LIBUSB_TRANSFER_TYPE_CONTROL;
  int header = is_control ? LIBUSB_CONTROL_SETUP_SIZE : 0;
  added->transfer = transfer;
  struct shim_transfer moved = {
      .device = &transfer->dev_handle->device->shim,
      .endpoint = transfer->endpoint,
      .setup = is_control ? transfer->buffer : NULL,
      .data = transfer->buffer + header,
      .length = (uint32_t)(transfer->length - header),
      .timeout_ms = transfer->timeout,
  };
  if (shim_submit(&moved, known, added)) return 0;
  /* Not on the line: take it back, unless the end of the connection has already. */
  int is_ours = added->id == 0;
  shim_lock();
  for (struct pending **link = &pending; *link; link = &(*link)->next) {
    if (*link != added) continue;
    *link = added->next;
    is_ours = 1;
    break;
  }
  shim_unlock();
  if (!is_ours) return 0;
  free(added);
  return LIBUSB_ERROR_NO_DEVICE;
}

/* The answer to the transfer itself comes later, as cancelled. */
int libusb_cancel_transfer(struct libusb_transfer *transfer) {
  uint32_t id = 0;
  shim_lock();
  for (struct pending *each = pending; each; each = each->next)
    if (each->transfer == transfer) id = each->id;
  shim_unlock();
  if (id == 0) return LIBUSB_ERROR_NOT_FOUND;
  uint8_t bytes[] = {(uint8_t)id, (uint8_t)(id >> 8), (uint8_t)(id >> 16), (uint8_t)(id >> 24)};
  uint8_t device = transfer->dev_handle->device->shim.number;
  return shim_send(OPERATION_CANCEL, device, bytes, sizeof bytes) ? 0 : LIBUSB_ERROR_NO_DEVICE;
}

/* Events: callbacks are called here and nowhere else, without the lock. */

static int has_event(void *flag) {
  return (flag && *(int *)flag) || completed || shim_plug_is_due();
}

static void handle_due(void) {
  shim_plug_handle();
  for (;;) {
    shim_lock();
    struct pending *done = completed;
    if (done && !(completed = done->next)) completed_end = &completed;
    shim_unlock();
    if (!done) return;
    finish(done->transfer, &done->reply);
    free(done->reply.data);
    free(done);
  }
}

int libusb_handle_events_timeout_completed(libusb_context *context, struct timeval *time,
                                           int *is_done) {
  (void)context;
  int timeout_ms = (int)(time->tv_sec * 1000 + (time->tv_usec + 999) / 1000);
  int status = shim_pump(timeout_ms, has_event, is_done);
  handle_due();
  return status < 0 ? status : 0;
}
int libusb_handle_events_timeout(libusb_context *context, struct timeval *time) {
  return libusb_handle_events_timeout_completed(context, time, NULL);
}
int libusb_handle_events_completed(libusb_context *context, int *is_done) {
  struct timeval time = {.tv_sec = 60};
  return libusb_handle_events_timeout_completed(context, &time, is_done);
}
int libusb_handle_events(libusb_context *context) {
  return libusb_handle_events_completed(context, NULL);
}
int libusb_handle_events_locked(libusb_context *context, struct timeval *time) {
  return libusb_handle_events_timeout_completed(context, time, NULL);
}
void libusb_interrupt_event_handler(libusb_context *context) {
  (void)context;
  shim_wake();
}
int libusb_get_next_timeout(libusb_context *context, struct timeval *time) {
  (void)context, (void)time;
  return 0;
}
int libusb_pollfds_handle_timeouts(libusb_context *context) {
  (void)context;
  return 1; /* the other end keeps the time */
}
const struct libusb_pollfd **libusb_get_pollfds(libusb_context *context) {
  (void)context;
  struct libusb_pollfd *fds = calloc(2, sizeof *fds);
  const struct libusb_pollfd **list = calloc(3, sizeof *list);
  if (!fds || !list) return NULL;
  fds[0] = (struct libusb_pollfd){.fd = shim_descriptor(), .events = POLLIN};
  fds[1] = (struct libusb_pollfd){.fd = shim_wake_descriptor(), .events = POLLIN};
  list[0] = &fds[0];
  list[1] = &fds[1];
  return list;
}
void libusb_free_pollfds(const struct libusb_pollfd **list) {
  if (!list) return;
  free((void *)list[0]);
  free((void *)list);
}
void libusb_set_pollfd_notifiers(libusb_context *context, libusb_pollfd_added_cb added,
                                 libusb_pollfd_removed_cb removed, void *data) {
  (void)context, (void)added, (void)removed, (void)data; /* they never change */
}

/* Several threads may handle events here, so the locks by which they take turns are plain ones. */
static pthread_mutex_t events = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t waiters = PTHREAD_MUTEX_INITIALIZER;

int libusb_try_lock_events(libusb_context *context) {
  (void)context;
  return pthread_mutex_trylock(&events) != 0;
}
void libusb_lock_events(libusb_context *context) {
  (void)context;
  pthread_mutex_lock(&events);
}
void libusb_unlock_events(libusb_context *context) {
  (void)context;
  pthread_mutex_unlock(&events);
}
int libusb_event_handling_ok(libusb_context *context) {
  (void)context;
  return 1;
}
int libusb_event_handler_active(libusb_context *context) {
  (void)context;
  return 0; /* nobody needs to wait for another: each handles events itself */
}
void libusb_lock_event_waiters(libusb_context *context) {
  (void)context;
  pthread_mutex_lock(&waiters);
}
void libusb_unlock_event_waiters(libusb_context *context) {
  (void)context;
  pthread_mutex_unlock(&waiters);
}
int libusb_wait_for_event(libusb_context *context, struct timeval *time) {
  return libusb_handle_events_timeout_completed(context, time ? time : &(struct timeval){60, 0}, NULL);
}
