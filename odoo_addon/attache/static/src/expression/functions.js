// How each word is written that takes something: exactly as the sidecar tells it, one a line.

export const USAGES = {
    date: '{{ date object.field "%Y-%m-%d" }}',
    upper: "{{ upper object.field }}",
    lower: "{{ lower object.field }}",
    title: "{{ title object.field }}",
    pad: '{{ pad object.field 5 }} or {{ pad object.field 5 "0" }}',
    slice: "{{ slice object.field 0 10 }}",
    replace: '{{ replace object.field "old" "new" }}',
    default: '{{ default object.field "otherwise" }}',
    money: "{{ money object.amount_total object.currency_id }}",
    eq: "{{#if (eq object.field …)}}",
    ne: "{{#if (ne object.field …)}}",
    gt: "{{#if (gt object.field …)}}",
    gte: "{{#if (gte object.field …)}}",
    lt: "{{#if (lt object.field …)}}",
    lte: "{{#if (lte object.field …)}}",
    and: "{{#if (and object.field …)}}",
    or: "{{#if (or object.field …)}}",
    not: "{{#if (not object.field …)}}",
};
