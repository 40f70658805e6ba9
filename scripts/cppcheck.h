/* For `make lint` only: what cppcheck 2.10 cannot read by itself. */
#define __VA_OPT__(a, b)                     ,
#define json_object_foreach(o, k, v)         for (; k && v;)
#define json_object_foreach_safe(o, t, k, v) for (; k && v;)
#define json_array_foreach(a, i, v)          for (; i && v;)
