-- One word for each thing: a token wakes a worker, a fence keeps a late one out.
alter table leases rename column token to fence;
