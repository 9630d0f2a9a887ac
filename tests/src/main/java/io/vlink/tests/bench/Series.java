// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Numbers of the same kind, one for each run or pair of runs. Immutable.
 *
 * @param values at least one
 */
public record Series(List<Double> values) {
    /**
     * Copies the list.
     *
     * @throws IllegalArgumentException if it is empty
     */
    public Series {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("series must have a value: values=[]");
        }
        values = List.copyOf(values);
    }

    /** {@return the middle one; of an even number, the mean of the two in the middle} */
    public double median() {
        return median(values.stream().mapToDouble(Double::doubleValue).toArray());
    }

    /** {@return the smallest} */
    public double min() {
        return values.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
    }

    /** {@return the largest} */
    public double max() {
        return values.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
    }

    /** {@return the median distance from the median, as a share of the median; one outlier does not move it} */
    double spread() {
        double median = median();
        return median == 0
                ? 0
                : median(values.stream().mapToDouble(value -> Math.abs(value - median)).toArray()) / Math.abs(median);
    }

    private static double median(double[] numbers) {
        Arrays.sort(numbers);
        int middle = numbers.length / 2;
        return numbers.length % 2 == 1 ? numbers[middle] : (numbers[middle - 1] + numbers[middle]) / 2;
    }

    /** {@return median, extremes, spread and count as members of a JSON object} */
    Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("median", median());
        json.put("min", min());
        json.put("max", max());
        json.put("spread", spread());
        json.put("runs", (long) values.size());
        return json;
    }
}
