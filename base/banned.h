/* SPDX-License-Identifier: Apache-2.0 */
/* Forced into every file: calls that overflow, race, trust the locale or hide errors do not compile. */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SB_BANNED(name) name##_is_banned_here_see_base_banned_h

#undef strcpy
#define strcpy(...) SB_BANNED(strcpy)
#undef strcat
#define strcat(...) SB_BANNED(strcat)
#undef strncpy
#define strncpy(...) SB_BANNED(strncpy)
#undef strncat
#define strncat(...) SB_BANNED(strncat)
#undef strtok
#define strtok(...) SB_BANNED(strtok)
#undef sprintf
#define sprintf(...) SB_BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) SB_BANNED(vsprintf)
#undef gets
#define gets(...) SB_BANNED(gets)
#undef gmtime
#define gmtime(...) SB_BANNED(gmtime)
#undef localtime
#define localtime(...) SB_BANNED(localtime)
#undef ctime
#define ctime(...) SB_BANNED(ctime)
#undef asctime
#define asctime(...) SB_BANNED(asctime)
#undef mktemp
#define mktemp(...) SB_BANNED(mktemp)
#undef tmpnam
#define tmpnam(...) SB_BANNED(tmpnam)
#undef tempnam
#define tempnam(...) SB_BANNED(tempnam)
#undef system
#define system(...) SB_BANNED(system)
#undef popen
#define popen(...) SB_BANNED(popen)
#undef atoi
#define atoi(...) SB_BANNED(atoi)
#undef atol
#define atol(...) SB_BANNED(atol)
#undef atof
#define atof(...) SB_BANNED(atof)
#undef rand
#define rand() SB_BANNED(rand)
#undef srand
#define srand(...) SB_BANNED(srand)

#endif
