/*-------------------------------------------------------------------------
 *
 * format.h
 *	  Values of a TDS server as text, or as a number.
 *
 * Pure: takes no memory and raises no errors.  Functions that write are given
 * a buffer of at least TDS_FORMAT_SIZE bytes, and give the length.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_TDS_FORMAT_H
#define OSMETA_TDS_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TDS_FORMAT_SIZE 64

/* A day, counted from 1900-01-01, as year-month-day. */
extern int	tds_format_day(char *to, size_t size, int64_t days);

/* A time of the day, in units of 10^-7 seconds, with some decimals of it. */
extern int	tds_format_time(char *to, size_t size, uint64_t units,
							int decimals);

/* Both of them. */
extern int	tds_format_moment(char *to, size_t size, int64_t days,
							  uint64_t units, int decimals);

/* Money is a number of ten thousandths. */
extern int	tds_format_money(char *to, size_t size, int64_t value);

/* Sixteen bytes of a uniqueidentifier. */
extern int	tds_format_unique(char *to, size_t size,
							  const unsigned char *data);

/*
 * What a decimal of that precision is without its point: a sign, then the
 * highest byte first.  False if that is more than fits.
 */
extern bool tds_decimal_integer(const unsigned char *array, int precision,
								int64_t *value);

/* A number of so many bytes as this machine has them; that of one is unsigned. */
extern int64_t tds_integer(const unsigned char *data, size_t size);
extern double tds_number(const unsigned char *data, size_t size);

#endif							/* OSMETA_TDS_FORMAT_H */
