/* What connection.c and transfer.c have of each other. */
#ifndef JOH_USB_CONNECTION_INTERNAL_H
#define JOH_USB_CONNECTION_INTERNAL_H

#include "connection.h"

#include <sys/uio.h>

/* Opening, claiming and the like: a browser may have to ask its system. */
#define CALL_MS 20000

void shim_put32(uint8_t *at, uint32_t value);
uint32_t shim_get32(const uint8_t *at);
int64_t shim_now_ms(void);
/* Sends; `known` is called with the lock held, before a reply can come. The id, or 0. */
uint32_t shim_send_known(enum operation operation, uint8_t device, struct iovec *body, int count,
                         void (*known)(void *, uint32_t), void *argument);
int shim_wait_for(enum operation operation, uint8_t device, struct iovec *body, int count,
                  int timeout_ms, struct reply *reply);
/* `shim_pump` with the lock held already, until a moment (negative: for ever). */
int shim_pump_locked(int64_t until, int (*is_done)(void *), void *argument, int heeds_wakes);

/* How many bytes of writes may be on the way without being waited for. */
void shim_window(uint32_t bytes);
/* A reply, perhaps to a write that was not waited for; with the lock held. */
void shim_settle(const struct reply *reply);
void shim_settle_all(int status);

#endif
