#ifndef FF_STATUS_H
#define FF_STATUS_H

/* The words that a user's status may be. Pure; any thread. */

/* The same word, to be compared as a pointer; NULL: it is none. */
const char *ff_status_word(const char *text);
/* The word of a user who has not said any. */
const char *ff_status_default(void);

#endif
